mds_library(mds_policy search SOURCES policy.cpp PUBLIC mds_spec)
mds_test(test_policy SOURCES search/policy_test.cpp LINKS mds_policy)
