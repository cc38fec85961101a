// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/terminal.h"

#include "tests/fuzz/target.h"

#include <string_view>

using namespace strata::console;

namespace {

// The only answers there are: device attributes, "all is well", where the cursor stands.
bool isAnswer(std::string_view text)
{
    if (text.size() < 4 || text.size() > 32 || text.substr(0, 2) != "\x1b[")
        return false;
    text.remove_prefix(2);
    const char last = text.back();
    text.remove_suffix(1);
    if (last != 'c' && last != 'n' && last != 'R' && last != 'y')
        return false;
    return text.find_first_not_of("0123456789;?>$") == std::string_view::npos;
}

} // namespace

// The first byte is the cut, the second the size of the terminal; the rest is what the other end says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2)
        return 0;
    const std::size_t piece = 1 + data[0] % 64;
    Terminal terminal(2 + data[1] % 16, 4 + data[1] / 16 * 8, 50);
    std::string answers;
    terminal.onOutput = [&](std::string_view bytes) { answers += bytes; };
    terminal.onTitle = [](const std::string& title) { FUZZ_CHECK(title.size() <= 1024); };
    const std::string_view all(reinterpret_cast<const char*>(data) + 2, size - 2);
    std::size_t turn = 0;
    for (std::size_t at = 0; at < all.size(); at += piece) {
        terminal.write(all.substr(at, piece));
        if (++turn % 16 == 7)
            terminal.resize(2 + static_cast<int>(turn % 12), 4 + static_cast<int>(turn % 60));
    }
    FUZZ_CHECK(terminal.scrollback() <= 50);
    const Position cursor = terminal.cursor();
    FUZZ_CHECK(cursor.line >= 0 && cursor.line < terminal.rows());
    FUZZ_CHECK(cursor.column >= 0 && cursor.column <= terminal.columns());
    // Whatever came, nothing of it goes back: each answer is one of a fixed form.
    std::string_view left = answers;
    while (!left.empty()) {
        std::size_t end = left.find('\x1b', 1);
        end = end == std::string_view::npos ? left.size() : end;
        FUZZ_CHECK(isAnswer(left.substr(0, end)));
        left.remove_prefix(end);
    }
    for (int line = -terminal.scrollback(); line < terminal.rows(); ++line) {
        for (int column = 0; column < terminal.columns(); ++column)
            (void)terminal.text(terminal.cell({line, column}));
        (void)linkAt(terminal, {line, terminal.columns() / 2});
    }
    (void)terminal.text({-terminal.scrollback(), 0}, {terminal.rows(), 0});
    (void)terminal.find(U"ab", {0, 0}, true);
    return 0;
}

std::vector<std::string> fuzzSeeds()
{
    using std::string_literals::operator""s;
    return {
        "\x07\x21plain\r\ntext\x1b[31mred\x1b[0m\x1b[2J\x1b[H\x1b[?1049h\x1b[?1049l"s,
        "\x03\x32\x1b]0;title\x07\x1b]52;c;aGVsbG8=\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"s,
        "\x05\x43\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1bP$q\"p\x1b\\\x1b[?25$p\x05\x1b[21t"s,
        "\x01\x54\xe4\xb8\xad\xe6\x96\x87"
        "e\xcc\x81\xcc\x81\xcc\x81\xf0\x9f\x98\x80\xff\xfe\xc3"s,
        "\x1f\x65\x1b[99999;99999H\x1b[999999999A\x1b[2147483648b\x1b[1000@\x1b[;r\x1b[3;2r\x1b[999L\x1b[999M"s,
        // Found: the answer to a question nobody knows (DECRQSS) formats its length as text.
        "\x05\x43\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1bP$q\"p\x1b\\\x1b[?255n\x1b[6n\x1bP$q\"p\x1b\\\x1b[?25$p\x1b[>c\x1b[5\x1b[21tA"s,
        // Found: a character that breaks off is one more than there are bytes.
        "\012\022\032\133\353\000\000\214\000\000\000\377\377\176\374\020\101\210\377\377\377\377\377\377\377\377\377\377\377\162\033\133\077\061\060\060\066\140\033\133\077\062\060\360\237\270\255\346\226\056\207\145\314\201\314\201\314\201\360\237\230\200\377\376\050\102\016\017\033\044"s,
        "\x0a\x12\x1b[?1000h\x1b[?1006h\x1b[?2004h\x1b#8\x1b(0lqk\x1b(B\x0e\x0f\x1b"
        "c"s};
}
