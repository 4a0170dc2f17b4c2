// JSON, URLs, base64 and SHA-256.
#include "runtime_vm.h"

namespace {

class DataTest : public RuntimeTest {
 protected:
  std::string apply(Value (*f)(Vm*, Value*, Value), const std::string& text) {
    Value* s = push(string(text));
    return shown(f(vm(), sp_, *s), true);
  }
  /// Parses and writes again.
  std::string again(const std::string& json) {
    Value* s = push(string(json));
    Value* v = push(valk_json_parse(vm(), sp_, *s));
    if (*v == VALK_ERR) {
      sp_ -= 1;
      return raised();
    }
    return shown(valk_json_write(vm(), sp_, *v));
  }
};

TEST_F(DataTest, JsonSurvivesParsingAndWriting) {
  for (const char* s :
       {"null", "1", "-2.5", "\"x\"", "[1,2,3]", "{}", "{\"a\":[{\"b\":1}],\"c\":null}",
        "[[],[null]]", "123456789012345678901234567890", "\"\\u0001\\n\\\"\""}) {
    std::string expected = s;
    if (expected == "[[],[null]]") expected = "[null,[null]]";  // an empty list is nil
    EXPECT_EQ(again(s), expected);
  }
  EXPECT_EQ(again(" { \"b\" : true , \"a\" : [ 1 , false ] } "), "{\"b\":1,\"a\":[1,0]}");
  EXPECT_EQ(again("{\"a\":1,\"a\":2}"), "{\"a\":2}");
}

TEST_F(DataTest, JsonStringsAreDecoded) {
  EXPECT_EQ(apply(valk_json_parse, "\"\\u00e9\\ud83d\\ude00\\/\""), "\"é😀/\"");
  EXPECT_EQ(apply(valk_json_parse, "\"\\ud83d\""),
            "raised :parse json/parse: line 1, column 8: an unknown escape in a string");
}

TEST_F(DataTest, MalformedJsonSaysWhere) {
  EXPECT_EQ(again(""),
            ":parse json/parse: line 1, column 1: the text ends where a value should stand");
  EXPECT_EQ(again("[1,\n 2"),
            ":parse json/parse: line 2, column 3: a comma or the end of the container must follow");
  EXPECT_EQ(again("{1:2}"), ":parse json/parse: line 1, column 2: a key must be a string");
  EXPECT_EQ(again("[1,]"), ":parse json/parse: line 1, column 4: no value begins so");
  EXPECT_EQ(again("01"), ":parse json/parse: line 1, column 1: a malformed number");
  EXPECT_EQ(again("1 2"), ":parse json/parse: line 1, column 3: something follows the value");
  EXPECT_EQ(again("\"a"), ":parse json/parse: line 1, column 3: the string does not end");
  EXPECT_EQ(again(std::string(20000, '[')), ":limit json/parse: nested deeper than 10000");
}

TEST_F(DataTest, JsonOfLispData) {
  Value* key = push(keyword(":name"));
  Value* text = push(string("x"));
  Value* plist = push(call(valk_list, {*key, *text}));
  EXPECT_EQ(shown(valk_json_write(vm(), sp_, *plist)), "{\"name\":\"x\"}");
  Value* refused = push(valk_ref(vm(), sp_, VALK_NIL));
  EXPECT_EQ(shown(valk_json_write(vm(), sp_, *refused)),
            "raised :type json/write: argument 1 must be data that JSON has a form for, not <ref>");
}

TEST_F(DataTest, ReadIsTheInverseOfRepr) {
  for (const char* s : {"1", "-2.5", "\"a\\n\\\"b\"", "x", ":k", "()", "{1 {2 \"s\" :k} sym 3.0}",
                        "1+", "-", "{quote x}", "123456789012345678901234567890"})
    EXPECT_EQ(apply(valk_read, s), s);
  EXPECT_EQ(apply(valk_read, " ; note\n '(a `(b ,c ,@d)) ; end"),
            "{quote {a {quasiquote {b {unquote c} {unquote-splicing d}}}}}");
  EXPECT_EQ(apply(valk_read, "\"\\x41\\u{e9}\\0\""), "\"Aé\\x00\"");
  EXPECT_EQ(apply(valk_read, std::string(3000, '(') + std::string(3000, ')')).size(), 6000u);
}

TEST_F(DataTest, TextThatIsNotOneDatum) {
  EXPECT_EQ(apply(valk_read, ""), "raised :parse read: line 1, column 1: no datum");
  EXPECT_EQ(apply(valk_read, "(1"),
            "raised :parse read: line 1, column 3: the text ends inside a datum");
  EXPECT_EQ(apply(valk_read, "(1}"),
            "raised :parse read: line 1, column 3: nothing that this would close");
  EXPECT_EQ(apply(valk_read, "1 2"),
            "raised :parse read: line 1, column 3: something follows the datum");
  EXPECT_EQ(apply(valk_read, "'"),
            "raised :parse read: line 1, column 2: the text ends inside a datum");
  EXPECT_EQ(apply(valk_read, "[1]"), "raised :parse read: line 1, column 1: brackets are reserved");
  EXPECT_EQ(apply(valk_read, "\"\\q\""), "raised :parse read: line 1, column 4: an unknown escape");
  EXPECT_EQ(apply(valk_read, "\"\\u{d800}\""),
            "raised :parse read: line 1, column 10: there is no such code point");
}

TEST_F(DataTest, Urls) {
  EXPECT_EQ(apply(valk_url_parse, "https://u:p@example.com:8443/a/b?q=1#top"),
            "{:scheme \"https\" :user \"u:p\" :host \"example.com\" :port 8443 :path \"/a/b\" "
            ":query \"q=1\" :fragment \"top\"}");
  EXPECT_EQ(
      apply(valk_url_parse, "http://[::1]:80"),
      "{:scheme \"http\" :user () :host \"::1\" :port 80 :path \"/\" :query () :fragment ()}");
  for (const char* s : {"", "example.com", "http://", "http://h:99999/", "http://h:x/"})
    EXPECT_EQ(apply(valk_url_parse, s).rfind("raised :parse", 0), 0u) << s;
}

TEST_F(DataTest, Base64) {
  for (const auto& [plain, coded] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(apply(valk_base64_encode, plain), "\"" + std::string(coded) + "\"");
    EXPECT_EQ(apply(valk_base64_decode, coded), "\"" + std::string(plain) + "\"");
  }
  for (const char* s : {"Z", "Zg=", "Zg==Zg==", "Z===", "Zm9*"})
    EXPECT_EQ(apply(valk_base64_decode, s).rfind("raised :parse", 0), 0u) << s;
}

TEST_F(DataTest, Sha256) {
  EXPECT_EQ(apply(valk_sha256, ""),
            "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"");
  EXPECT_EQ(apply(valk_sha256, "abc"),
            "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
  EXPECT_EQ(apply(valk_sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "\"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1\"");
}

}  // namespace
