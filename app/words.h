// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/translate.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace strata::app {

// The words behind a command: names, and options by their names. "--name value" and "--name=value".
struct Words {
    std::vector<std::string> names;
    std::map<std::string, std::vector<std::string>> values;
    std::set<std::string> flags;

    bool has(const std::string& flag) const { return flags.count(flag) > 0; }
    std::string value(const std::string& option, const std::string& otherwise = {}) const
    {
        const auto found = values.find(option);
        return found == values.end() ? otherwise : found->second.back();
    }
    std::vector<std::string> all(const std::string& option) const
    {
        const auto found = values.find(option);
        return found == values.end() ? std::vector<std::string>() : found->second;
    }

    static Result<Words> read(const std::string& command, const std::vector<std::string>& words,
                              const std::set<std::string>& options, const std::set<std::string>& flags)
    {
        Words out;
        for (std::size_t i = 0; i < words.size(); ++i) {
            const std::string& word = words[i];
            if (!word.starts_with("--")) {
                if (word.empty())
                    return fail(ErrorKind::Config, translate("CommandLine", "A name must not be empty."));
                out.names.push_back(word);
                continue;
            }
            const std::size_t equals = word.find('=');
            const std::string name = word.substr(0, equals);
            if (flags.count(name) > 0 && equals == std::string::npos) {
                out.flags.insert(name);
                continue;
            }
            if (options.count(name) == 0)
                return fail(
                    ErrorKind::Config,
                    arguments(translate("CommandLine", "“strata %1” has no option “%2”."), {command, name}));
            std::string value;
            if (equals != std::string::npos)
                value = word.substr(equals + 1);
            else if (i + 1 < words.size())
                value = words[++i];
            if (value.empty())
                return fail(ErrorKind::Config,
                            arguments(translate("CommandLine", "“%1” needs a value."), {name}));
            out.values[name].push_back(value);
        }
        return out;
    }
};

} // namespace strata::app
