// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/createcluster.h"
#include "app/ends.h"
#include "core/provision/runner.h"

#include <functional>
#include <string>

// What the commands that carry out plans tell alike.
namespace strata::app {

// One line on stderr; what comes from a server is one clean line already or becomes one here.
void say(const std::string& text);
std::string inWords(const Error& error);
int refuse(const Error& error, int code = kNotBegun); // says why; `code` again, for main()
void tellVerdict(const provision::Verdict& told);     // a refusal, and the server's warnings

// Until the end of the work. The first signal asks it to stop; a second one leaves the program at once.
void waitForEnd(const Ends& ends, const std::function<void()>& stop);

} // namespace strata::app
