// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <initializer_list>
#include <string>

namespace strata {

// The core is free of Qt, yet its sentences reach the operator: they pass through the translator the
// application installs (QCoreApplication::translate in the program, the identity in tests and headless use).
// translations/coretexts.h tells lupdate of them. Arguments replace %1 … %9, never translated and never
// expanded again.
using Translator = std::string (*)(const char* context, const char* text);
void setTranslator(Translator translator); // call once, before threads start

std::string translate(const char* context, const char* text);
std::string arguments(std::string text, std::initializer_list<std::string> values);

} // namespace strata
