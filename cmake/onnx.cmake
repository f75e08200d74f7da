# ONNX's messages, for `mdsearch export --to onnx`; the core build leaves them out. Never linked into a target that sees
# LibTorch's headers, which hold a protobuf of another version.

find_path(ONNX_INCLUDE onnx/onnx_pb.h REQUIRED)
find_path(PROTOBUF_INCLUDE google/protobuf/message.h REQUIRED)
find_library(ONNX_PROTO onnx_proto REQUIRED)
find_library(ONNX_CHECKER onnx REQUIRED)
find_library(PROTOBUF protobuf REQUIRED)
add_library(mds_onnx_proto INTERFACE)
target_include_directories(mds_onnx_proto SYSTEM INTERFACE ${ONNX_INCLUDE} ${PROTOBUF_INCLUDE})
target_compile_definitions(mds_onnx_proto INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
target_link_libraries(mds_onnx_proto INTERFACE ${ONNX_PROTO} ${PROTOBUF})
