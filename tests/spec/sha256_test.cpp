#include "spec/sha256.h"

#include "spec/describe.h"
#include "tests/catch.h"

TEST_CASE("SHA-256 equals the published vectors", "[spec]") {
  CHECK(mds::sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(mds::sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(mds::sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(mds::sha256(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes are parted", "[spec]") {
  const std::string bytes(300, 'b');
  for (const size_t part : {1, 63, 64, 65, 128, 299}) {
    mds::Sha256 hash;
    for (size_t at = 0; at < bytes.size(); at += part) hash.add(std::string_view(bytes).substr(at, part));
    CHECK(hash.hex() == mds::sha256(bytes));
  }
}
