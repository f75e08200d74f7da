mds_library(mds_policy search
  SOURCES policy.cpp policy_cohort.cpp policy_table.cpp policy_paper_1.cpp policy_reading.cpp policy_paper.cpp
          policy_median.cpp policy_halving.cpp dominance.cpp simulation.cpp replay.cpp
  PUBLIC mds_spec)
mds_test(test_policy SOURCES search/policy_test.cpp search/policy_paper_1_test.cpp search/policy_paper_test.cpp
          search/policy_median_test.cpp search/policy_halving_test.cpp search/dominance_test.cpp search/replay_test.cpp
         LINKS mds_policy)
