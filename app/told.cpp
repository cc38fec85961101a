// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/told.h"

#include "app/createcluster.h"
#include "core/base/text.h"
#include "core/base/translate.h"

#include <cstdlib>
#include <iostream>

namespace strata::app {
namespace {

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Told", text), values);
}

} // namespace

void say(const std::string& text)
{
    std::cerr << "strata: " << text << "\n";
}

std::string inWords(const Error& error)
{
    std::string text = cleanText(error.text);
    if (!error.detail.empty() && error.detail != error.text)
        text += " (" + cleanText(error.detail) + ")";
    return text;
}

int refuse(const Error& error, int code)
{
    say(inWords(error));
    return code;
}

void tellVerdict(const provision::Verdict& told)
{
    if (!told.accepted)
        say(tr("refused: %1: %2", {told.ref.title(), told.words}));
    for (const std::string& warning : told.warnings)
        say(tr("warning: %1: %2", {told.ref.title(), cleanText(warning)}));
}

void waitForEnd(const Ends& ends, const std::function<void()>& stop)
{
    bool interrupted = false;
    while (ends.wait()) {
        if (interrupted) {
            say(tr("Left as it is; the journal knows what was begun."));
            std::_Exit(kInterrupted);
        }
        interrupted = true;
        stop();
    }
}

} // namespace strata::app
