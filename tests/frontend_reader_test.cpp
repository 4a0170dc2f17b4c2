// The reader: text to data and spans, recovery from errors, any bytes at all.
#include "frontend/reader.h"

#include <gtest/gtest.h>
#include "frontend/lexer.h"

#include <random>

#include "tests/frontend_testing.h"

namespace valkc {
namespace {

struct Read {
  SourceMap sources;
  DatumArena arena;
  Diagnostics diagnostics;
  std::vector<const Datum*> data;

  explicit Read(const std::string& text) {
    data = read_all(sources, sources.add("t.valk", text), arena, diagnostics);
  }
  std::string text() const { return print_data(data); }
  std::vector<std::string> places() const { return valkc::places(diagnostics, sources); }
};

std::string read_text(const std::string& text) { return Read(text).text(); }
using Places = std::vector<std::string>;

TEST(Reader, ReadsListsBlocksAndAtoms) {
  EXPECT_EQ(read_text("(a {b \"c\"} :d) ; comment\n1"), "(a {b \"c\"} :d)\n1\n");
  EXPECT_EQ(read_text("()"), "()\n");
  EXPECT_EQ(read_text("{}"), "{}\n");
}

TEST(Reader, SkipsByteOrderMarkAndFirstLine) {
  EXPECT_EQ(read_text("\xef\xbb\xbf(a)"), "(a)\n");
  EXPECT_EQ(read_text("#!/usr/bin/env valkc\nx"), "x\n");
}

TEST(Reader, TellsNumbersFromSymbols) {
  Read r("42 -17 0xff -0xF 3.14 -1e9 1.5e-3 - 1+ +1 1. .5 1e 0x 1.e5 -a 007");
  std::vector<DatumKind> kinds;
  for (const Datum* d : r.data) kinds.push_back(d->kind);
  using enum DatumKind;
  std::vector<DatumKind> expected{integer, integer, integer, integer, real,   real,
                                  real,    symbol,  symbol,  symbol,  symbol, symbol,
                                  symbol,  symbol,  symbol,  symbol,  integer};
  EXPECT_EQ(kinds, expected);
  EXPECT_EQ(r.data[2]->integer, 255);
  EXPECT_EQ(r.data[3]->integer, -15);
  EXPECT_EQ(r.data[5]->real, -1e9);
  EXPECT_EQ(r.data[16]->integer, 7);
}

TEST(Reader, IntegersOfMoreThan63BitsAreDecimalText) {
  EXPECT_EQ(Read("4611686018427387903").data[0]->kind, DatumKind::integer);
  EXPECT_EQ(Read("-4611686018427387904").data[0]->kind, DatumKind::integer);
  EXPECT_EQ(Read("4611686018427387904").data[0]->kind, DatumKind::big_integer);
  EXPECT_EQ(read_text("0xffffffffffffffffffffffff"), "79228162514264337593543950335\n");
  EXPECT_EQ(read_text("-000012345678901234567890"), "-12345678901234567890\n");
}

TEST(Reader, ReadsEscapes) {
  Read r(R"("\a\b\f\n\r\t\v\0\\\'\"\x41\u{20AC}")");
  EXPECT_EQ(r.data[0]->text, std::string("\a\b\f\n\r\t\v\0\\'\"A\xe2\x82\xac", 15));
}

TEST(Reader, PrefixesAreForms) {
  EXPECT_EQ(read_text("'a `(b ,c ,@d) ''e"),
            "(quote a)\n(quasiquote (b (unquote c) (unquote-splicing d)))\n"
            "(quote (quote e))\n");
}

TEST(Reader, SpansCoverTheDatum) {
  Read r("(a\n  {bc 'd})");
  const Datum* block = r.data[0]->items[1];
  EXPECT_EQ(r.sources.text(block->span), "{bc 'd}");
  EXPECT_EQ(r.sources.text(block->items[1]->span), "'d");
  EXPECT_EQ(r.sources.position(block->span).line, 2u);
  EXPECT_EQ(r.sources.position(block->span).column, 3u);
}

TEST(Reader, ReportsUnclosedDelimitersWithTheirPlace) {
  Read r("(a {b\n");
  ASSERT_EQ(r.places(), Places{"2:1 VK0002"});
  const Diagnostic& d = r.diagnostics.all()[0];
  ASSERT_EQ(d.notes.size(), 2u);
  EXPECT_EQ(r.sources.position(d.notes[0].span).column, 4u);
  EXPECT_EQ(r.text(), "(a {b})\n");
}

TEST(Reader, RecoversAndReportsSeveralErrors) {
  Read r("(a})\n(b))\n[c]\n\"\\q\" 'x\n(d ')\n");
  EXPECT_EQ(r.places(), (Places{"1:3 VK0004", "1:4 VK0003", "2:4 VK0003", "3:1 VK0005",
                                "3:3 VK0005", "4:2 VK0007", "5:4 VK0009"}));
  EXPECT_EQ(r.data.back()->items[0]->text, "d");
}

TEST(Reader, AWrongCloserEndsWhatItFitsFurtherOut) {
  Read r("{a (b c} d");
  EXPECT_EQ(r.places(), Places{"1:8 VK0004"});
  EXPECT_EQ(r.text(), "{a (b c)}\nd\n");
}

TEST(Reader, ReportsBadStringsAndEncoding) {
  EXPECT_EQ(Read("\"abc").places(), Places{"1:1 VK0006"});
  EXPECT_EQ(Read("\"\\x4\"").places(), Places{"1:2 VK0008"});
  EXPECT_EQ(Read("\"\\u{110000}\"").places(), Places{"1:2 VK0008"});
  EXPECT_EQ(Read("\"\\u{d800}\"").places(), Places{"1:2 VK0008"});
  EXPECT_EQ(Read("a \xff\xfe b").places(), Places{"1:3 VK0001"});
}

TEST(Reader, ByteOrderMarkBelongsAtTheBeginningOnly) {
  EXPECT_EQ(Read("\xef\xbb\xbf(a)").places(), Places{});
  EXPECT_EQ(Read("\xef\xbb\xbf\xef\xbb\xbf(a)").places(), Places{"1:4 VK0010"});
  EXPECT_EQ(Read("(a)\n(b\xef\xbb\xbf)").places(), Places{"2:3 VK0010"});
  EXPECT_EQ(Read("\"\xef\xbb\xbf\" ; \xef\xbb\xbf").places(), Places{});
}

TEST(Reader, AMillionParenthesesWork) {
  constexpr size_t kDepth = 1'000'000;
  std::string text = std::string(kDepth, '(') + std::string(kDepth, ')');
  EXPECT_EQ(read_text(text), text + "\n");
  EXPECT_EQ(Read(std::string(kDepth, '{')).places().size(), 1u);
  EXPECT_EQ(Read(std::string(1000, '\'')).diagnostics.error_count(), 20u);
}

TEST(Reader, FloatsPrintSoThatTheyReadBack) {
  EXPECT_EQ(read_text("1.0 0.1 1e100 -0.0 1e999"), "1.0\n0.1\n1e+100\n-0.0\n1e999\n");
}

TEST(Reader, AnyBytesGiveDataThatRoundTrips) {
  const std::string alphabet = "(){}[]\"\\;'`,@ab:1.-0xe \n\t\xc3\xa9\xff";
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (size_t n = random() % 40; n > 0; --n) text += alphabet[random() % alphabet.size()];
    Read first(text);
    if (first.diagnostics.has_errors()) continue;
    Read second(first.text());
    ASSERT_FALSE(second.diagnostics.has_errors()) << text;
    ASSERT_EQ(first.text(), second.text()) << text;
  }
}

TEST(Lexer, PrintsTokens) {
  SourceMap sources;
  Diagnostics diagnostics;
  uint32_t file = sources.add("t.valk", "(a ,@{:k\n 1.5 \"s\"})");
  EXPECT_EQ(print_tokens(sources, file, diagnostics),
            "1:1 open (\n1:2 symbol a\n1:4 prefix ,@\n1:6 open {\n1:7 keyword :k\n"
            "2:2 float 1.5\n2:6 string \"s\"\n2:9 close }\n2:10 close )\n");
}

}  // namespace
}  // namespace valkc
