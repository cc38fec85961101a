// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/translate.h"

#include <vector>

namespace strata {
namespace {

Translator g_translator = nullptr;

}

void setTranslator(Translator translator)
{
    g_translator = translator;
}

std::string translate(const char* context, const char* text)
{
    return g_translator != nullptr ? g_translator(context, text) : std::string(text);
}

std::string arguments(std::string text, std::initializer_list<std::string> values)
{
    const std::vector<std::string> list(values);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool marker = text[i] == '%' && i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9';
        const std::size_t index = marker ? static_cast<std::size_t>(text[i + 1] - '1') : list.size();
        if (marker && index < list.size()) {
            out += list[index];
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

} // namespace strata
