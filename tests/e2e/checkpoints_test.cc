// Signed ends of the log against somebody who may write to every file but has no key
// (guarantees.md F4).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "controller/signatures.h"
#include "state/store/checkpoints.h"
#include "state/store/head_file.h"
#include "tests/state/store/log_fixture.h"
#include "tests/support/cases.h"
#include "tests/support/end_to_end.h"
#include "tests/support/places.h"

namespace rolecall::test {
namespace {

using ::testing::HasSubstr;

class SignedLog : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    const std::string ours = make_key("ours");
    if (ours.empty() || make_key("theirs").empty()) GTEST_SKIP() << "needs ssh-keygen";
    folder.write("signers", "admin@acme.example namespaces=\"rolecall-audit\" " + ours);
    write_policy(with(acme_policy(), R"("lin@acme.example", "omar@acme.example"])",
                      R"("lin@acme.example", "omar@acme.example", "rosa@acme.example"])"));
    rolecall_exits(0, {"apply", "--yes", "--sign-key", "ours"});
    write_policy(acme_policy() + "[safety.limits.remove_members]\nfree = 10\n");
    rolecall_exits(0, {"apply", "--yes", "--sign-key", "ours"});
    rolecall_exits(0, {"audit", "verify", "--allowed-signers", "signers"});
  }
  /// Its public part; empty where there is no ssh-keygen.
  [[nodiscard]] std::string make_key(const std::string& name) const {
    const std::string file = (folder.path() / name).string();
    const std::string command =
        fmt::format("ssh-keygen -q -t ed25519 -N '' -C '' -f '{}' >/dev/null 2>&1", file);
    return std::system(command.c_str()) == 0 ? read_file(file + ".pub") : std::string();
  }
  /// Another log, right in itself, with its head beside it.
  void rebuild() const {
    alter(store_, "UPDATE intents SET user = 'somebody@else.example'");
    const std::int64_t rows = head().seq;
    rechain(store_, 1, rows);
    std::string id;
    {
      const auto store = Store::open(store_, Store::Access::read);
      ASSERT_TRUE(store) << store.error().what;
      id = store->id();
    }
    ASSERT_TRUE(HeadFile(store_).write(id, head()));
    EXPECT_TRUE(verified(store_).good()) << "nothing inside tells";
  }
  [[nodiscard]] ChainHead head() const { return Store::open(store_, Store::Access::read)->head(); }
  Outcome refused() const {
    return rolecall_exits(8, {"audit", "verify", "--allowed-signers", "signers"});
  }

  std::string store_ = (folder.path() / ".rolecall" / "rolecall.db").string();
  std::string checkpoints_ = store_ + ".checkpoints";
};

TEST_F(SignedLog, ARebuiltOneDoesNotFitItsCheckpoints) {
  rebuild();
  EXPECT_THAT(refused().err, HasSubstr("a checkpoint says"));
  rolecall_exits(8, {"audit", "verify"});
}

// Found out after the changes, it would be too late.
TEST_F(SignedLog, NothingIsChangedWhereNoCheckpointCanBeAdded) {
  const std::string victim = folder.write("victim", "precious");
  std::filesystem::remove(checkpoints_);
  std::filesystem::create_symlink(victim, checkpoints_);
  write_policy(acme_policy() + "[groups.new]\nmembers = [\"ada@acme.example\"]\n");
  simulator->forget_requests();
  for (const Arguments& command : {Arguments{"apply", "--yes"}, Arguments{"run", "--once"}}) {
    Arguments signing = command;
    signing.insert(signing.end(), {"--sign-key", "ours"});
    EXPECT_THAT(rolecall_exits(8, signing).err, HasSubstr(".checkpoints is a symbolic link"));
    EXPECT_THAT(writes(), ::testing::IsEmpty());
  }
  EXPECT_EQ(read_file(victim), "precious");
  EXPECT_TRUE(group("new").empty());
}

TEST_F(SignedLog, ARebuiltOneWithoutCheckpointsIsOneThatNobodySigned) {
  rebuild();
  std::filesystem::remove(checkpoints_);
  EXPECT_THAT(refused().err, HasSubstr("nobody signed it"));
}

TEST_F(SignedLog, ARebuiltOneUnderAnotherKeyIsSignedByNobodyWeKnow) {
  rebuild();
  std::filesystem::remove(checkpoints_);
  const auto store = Store::open(store_, Store::Access::read);
  const auto signature =
      sign((folder.path() / "theirs").string(), head_statement(store->id(), store->head()));
  ASSERT_TRUE(signature) << signature.error().what;
  ASSERT_TRUE(append_checkpoint(store_, {store->head(), *signature}));
  EXPECT_THAT(refused().err, HasSubstr("signed it"));
}

TEST_F(SignedLog, AnOldSignatureUnderANewHeadIsNone) {
  rebuild();
  auto checkpoints = read_checkpoints(store_);
  ASSERT_TRUE(checkpoints);
  ASSERT_EQ(checkpoints->size(), 2U);
  std::filesystem::remove(checkpoints_);
  ASSERT_TRUE(append_checkpoint(store_, {head(), checkpoints->back().signature}));
  EXPECT_THAT(refused().err, HasSubstr("the signature is not right"));
}

TEST_F(SignedLog, RowsAfterTheLastCheckpointAreToldApart) {
  rolecall_exits(0, {"apply", "--yes"});
  const Outcome outcome = rolecall_exits(0, {"audit", "verify", "--allowed-signers", "signers"});
  EXPECT_THAT(outcome.out, HasSubstr("by admin@acme.example; 2 checkpoints"));
  const auto signed_head =
      json_of({"audit", "verify", "--allowed-signers", "signers"}).at("signed_head").as_string();
  EXPECT_NE(std::string(signed_head), format_head(head()));
}

TEST_F(SignedLog, AKeyThatCannotSignIsFoundOutBeforeAnythingIsDone) {
  simulator->forget_requests();
  rolecall_exits(1, {"apply", "--yes", "--sign-key", "missing"});
  EXPECT_THAT(writes(), ::testing::IsEmpty());
}

/// Without rolecall: bash, sha256sum and ssh-keygen, by the rule that chain.h and export.h state.
TEST_F(SignedLog, AnExportVerifiesWithTheProgramsThatAStrangerHas) {
  const std::string bytes = rolecall_exits(0, {"audit", "export"}).out;
  const auto stranger = [&](const std::string& exported, const std::string& signers) {
    folder.write("export.jsonl", exported);
    return Process(
               {{"/bin/bash", source_dir() + "/examples/verify-export.sh", "export.jsonl", signers},
                bare_environment(),
                folder.path().string()})
        .wait();
  };
  const Outcome whole = stranger(bytes, "signers");
  EXPECT_EQ(whole.exit_code, 0) << whole.said();
  EXPECT_EQ(whole.out,
            fmt::format("{} rows, head {}, 2 signatures\n", head().seq, format_head(head())));

  std::vector<std::string> wrong = {bytes + "\n", bytes + bytes, bytes.substr(0, bytes.size() - 1)};
  const std::size_t tried = test::cases(12);
  for (std::size_t i = 0; i < tried; ++i) {
    wrong.push_back(bytes);
    char& byte = wrong.back()[i * bytes.size() / tried];
    byte = static_cast<char>(byte ^ (1 << (i % 7)));
    wrong.push_back(bytes.substr(0, i * bytes.size() / tried));
  }
  std::vector<std::string> lines;
  std::istringstream split(bytes);
  for (std::string line; std::getline(split, line);) lines.push_back(line + "\n");
  for (std::size_t i = 0; i + 1 < std::min<std::size_t>(lines.size(), tried); i += 2) {
    wrong.emplace_back();
    for (std::size_t j = 0; j < lines.size(); ++j) {
      wrong.back() += lines[j == i ? i + 1 : j == i + 1 ? i : j];
    }
  }
  for (const std::string& one : wrong) {
    const Outcome outcome = stranger(one, "signers");
    EXPECT_EQ(outcome.exit_code, 1) << outcome.said() << one;
  }
  folder.write("others", "eve@acme.example namespaces=\"rolecall-audit\" " +
                             read_file(folder.path() / "theirs.pub"));
  EXPECT_EQ(stranger(bytes, "others").exit_code, 1);
  std::printf("%zu exports that are not whole, none taken for one\n", wrong.size());
}

}  // namespace
}  // namespace rolecall::test
