#include "state/api/base_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rolecall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BaseUrl, AcceptsWhatIsSafe) {
  const struct {
    const char* text;
    BaseUrl expected;
    const char* authority;
  } cases[] = {
      {"https://api.atlassian.com/admin",
       {true, "api.atlassian.com", 443, "/admin"},
       "api.atlassian.com"},
      {"https://api.atlassian.com/admin/",
       {true, "api.atlassian.com", 443, "/admin"},
       "api.atlassian.com"},
      {"HTTPS://API.Example.com", {true, "api.example.com", 443, ""}, "api.example.com"},
      {"https://example.com:443/", {true, "example.com", 443, ""}, "example.com"},
      {"https://example.com:/", {true, "example.com", 443, ""}, "example.com"},
      {"https://example.com:8443/a/b", {true, "example.com", 8443, "/a/b"}, "example.com:8443"},
      {"https://10.0.0.1/", {true, "10.0.0.1", 443, ""}, "10.0.0.1"},
      {"https://[2001:db8::1]:8443", {true, "2001:db8::1", 8443, ""}, "[2001:db8::1]:8443"},
      {"http://127.0.0.1:8080", {false, "127.0.0.1", 8080, ""}, "127.0.0.1:8080"},
      {"http://127.9.8.7/admin", {false, "127.9.8.7", 80, "/admin"}, "127.9.8.7"},
      {"http://[::1]:8080/admin", {false, "::1", 8080, "/admin"}, "[::1]:8080"},
      {"http://localhost:8080", {false, "localhost", 8080, ""}, "localhost:8080"},
      {"http://LOCALHOST", {false, "localhost", 80, ""}, "localhost"},
  };
  for (const auto& [text, expected, authority] : cases) {
    const auto url = parse_base_url(text);
    ASSERT_TRUE(url) << text << ": " << url.error().what;
    EXPECT_EQ(*url, expected) << text;
    EXPECT_EQ(url->authority(), authority);
  }
  EXPECT_TRUE(parse_base_url(kDefaultApiUrl));
}

TEST(BaseUrl, RefusesTheRest) {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"", "is not a URL"},
      {"api.atlassian.com", "is not a URL"},
      {"/admin", "is not a URL"},
      {"https://", "no usable host"},
      {"https:///admin", "no usable host"},
      {"https:admin", "no usable host"},
      {"https://a b/", "is not a URL"},
      {"https://example.com\r\n", "is not a URL"},
      {"ftp://example.com", "must be https"},
      {"file:///etc/passwd", "must be https"},
      {"http://api.example.com", "must be https"},
      {"http://10.0.0.1", "must be https"},
      {"http://127.0.0.1.example.com", "no usable host"},
      {"https://10.0.0.1.example.com/admin", "no usable host"},
      {"http://localhost.example.com", "must be https"},
      {"http://2130706433", "must be https"},
      {"http://[::ffff:10.0.0.1]", "must be https"},
      {"http://0.0.0.0:80", "must be https"},
      {"https://host/?x", "not allowed"},
      {"https://host/?", "not allowed"},
      {"https://host/#x", "not allowed"},
      {"https://host/#", "not allowed"},
      {"https://user@host/", "not allowed"},
      {"https://169.254.169.254/", "link-local"},
      {"http://169.254.169.254/", "link-local"},
      {"https://[fe80::1]/", "link-local"},
      {"https://[febf::1]/", "link-local"},
      {"https://[::ffff:169.254.169.254]/", "link-local"},
      {"https://host:0/", "port"},
      {"https://host:65536/", "port"},
      {"https://host:x/", "no usable host"},
      {"https://ex%41mple.com/", "no usable host"},
      {"https://..example.com/", "no usable host"},
      {"https://[v1.x]/", "no usable host"},
      {"https://host/a//b", "odd path"},
      {"https://host/a/../b", "odd path"},
  };
  for (const auto& [text, says] : cases) {
    const auto url = parse_base_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().what, HasSubstr(says)) << text;
  }
}

TEST(BaseUrl, NeverRepeatsAPassword) {
  for (const char* text : {"https://user:canary@host/", "https://user:canary@", "canary@@"}) {
    const auto url = parse_base_url(text);
    ASSERT_FALSE(url);
    EXPECT_THAT(url.error().what, Not(HasSubstr("canary")));
  }
}

}  // namespace
}  // namespace rolecall
