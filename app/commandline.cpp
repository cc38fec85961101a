// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commandline.h"

#include "core/base/translate.h"
#include "core/demosite/faults.h"

#include <charconv>
#include <functional>
#include <map>
#include <optional>

namespace strata::app {
namespace {

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("CommandLine", text), values);
}

template<typename Number>
std::optional<Number> number(const std::string& text, Number least, Number most)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
        return std::nullopt;
    return value;
}

using Use = std::function<std::string(CommandLine&, const std::string&)>; // returns what is wrong, or nothing

Use text(std::string CommandLine::*field)
{
    return [field](CommandLine& line, const std::string& value) -> std::string {
        line.*field = value;
        return value.empty() ? tr("must not be empty") : std::string();
    };
}

std::string useSize(CommandLine& line, const std::string& value)
{
    if (value == "small")
        line.site.size = demosite::Size::Small;
    else if (value == "large")
        line.site.size = demosite::Size::Large;
    else if (value == "huge")
        line.site.size = demosite::Size::Huge;
    else
        return tr("must be small, large or huge");
    return {};
}

std::string useTheme(CommandLine& line, const std::string& value)
{
    line.theme = value;
    return value == "light" || value == "dark" ? std::string() : tr("must be light or dark");
}

std::string useGeometry(CommandLine& line, const std::string& value)
{
    const std::size_t cross = value.find('x');
    line.geometry = value;
    const bool good = cross != std::string::npos && number<int>(value.substr(0, cross), 320, 16384) &&
                      number<int>(value.substr(cross + 1), 240, 16384);
    return good ? std::string() : tr("must be WIDTHxHEIGHT in pixels");
}

std::string useTimeout(CommandLine& line, const std::string& value)
{
    const auto seconds = number<int>(value, 1, 86400);
    line.timeoutSeconds = seconds.value_or(0);
    return seconds ? std::string() : tr("must be a number of seconds");
}

std::string useSeed(CommandLine& line, const std::string& value)
{
    const auto seed = number<std::uint32_t>(value, 0, 0xFFFFFFFFU);
    line.site.seed = seed.value_or(0);
    return seed ? std::string() : tr("must be a whole number");
}

std::string useSpeed(CommandLine& line, const std::string& value)
{
    const auto speed = number<double>(value, 0.01, 1000.0);
    line.site.speed = speed.value_or(1);
    return speed ? std::string() : tr("must be a number from 0.01 to 1000");
}

std::string useFault(CommandLine& line, const std::string& value)
{
    if (value == "list") {
        line.listFaults = true;
        return {};
    }
    line.site.faults.push_back(value);
    return demosite::findFault(value) != nullptr
               ? std::string()
               : tr("must be the name of a fault (“--fault list” prints them)");
}

std::string useScenario(CommandLine& line, const std::string& value)
{
    line.site.scenario = value;
    for (const demosite::Scenario& scenario : demosite::scenarioCatalogue()) {
        if (scenario.name == value)
            return {};
    }
    return tr("must be the name of a scenario (“--fault list” prints them)");
}

struct Option {
    Use use;
    std::vector<Command> commands;
};

const std::map<std::string, Option>& options()
{
    static const std::map<std::string, Option> all = {
        {"--kubeconfig", {text(&CommandLine::kubeconfig), {Command::Window, Command::Tree}}},
        {"--context", {text(&CommandLine::context), {Command::Window, Command::Tree}}},
        {"--host",
         {[](CommandLine& line, const std::string& value) {
              line.hosts.push_back(value);
              return value.empty() ? tr("must not be empty") : std::string();
          },
          {Command::Window, Command::Tree}}},
        {"--timeout", {useTimeout, {Command::Tree}}},
        {"--size", {useSize, {Command::Window, Command::Tree, Command::Demo}}},
        {"--seed", {useSeed, {Command::Window, Command::Tree, Command::Demo}}},
        {"--speed", {useSpeed, {Command::Window, Command::Tree, Command::Demo}}},
        {"--fault", {useFault, {Command::Window, Command::Tree, Command::Demo}}},
        {"--scenario", {useScenario, {Command::Window, Command::Tree, Command::Demo}}},
        {"--screenshot", {text(&CommandLine::screenshot), {Command::Window}}},
        {"--theme", {useTheme, {Command::Window}}},
        {"--geometry", {useGeometry, {Command::Window}}},
        {"--select", {text(&CommandLine::select), {Command::Window}}},
        {"--tab", {text(&CommandLine::tab), {Command::Window}}},
    };
    return all;
}

bool allowed(const std::vector<Command>& commands, Command command)
{
    for (const Command c : commands) {
        if (c == command)
            return true;
    }
    return false;
}

} // namespace

Result<CommandLine> CommandLine::parse(const std::vector<std::string>& arguments)
{
    CommandLine line;
    std::size_t at = 0;
    if (!arguments.empty() && !arguments[0].starts_with('-')) {
        if (arguments[0] == "tree")
            line.command = Command::Tree;
        else if (arguments[0] == "demo")
            line.command = Command::Demo;
        else if (arguments[0] == "help")
            line.command = Command::Help;
        else
            return fail(ErrorKind::Config,
                        tr("There is no command “%1”; “strata --help” lists them.", {arguments[0]}));
        at = 1;
    }
    for (; at < arguments.size(); ++at) {
        std::string name = arguments[at];
        std::optional<std::string> value;
        if (const std::size_t equals = name.find('=');
            name.starts_with("--") && equals != std::string::npos) {
            value = name.substr(equals + 1);
            name.resize(equals);
        }
        if (!value && (name == "--help" || name == "-h")) {
            line.command = Command::Help;
            return line;
        }
        if (!value && (name == "--version" || name == "-V")) {
            line.command = Command::Version;
            return line;
        }
        if (!value && name == "--json" && line.command == Command::Tree) {
            line.json = true;
            continue;
        }
        if (!value && name == "--demo" &&
            (line.command == Command::Tree || line.command == Command::Window)) {
            line.demo = true;
            continue;
        }
        if (!value && name == "--no-life") {
            line.site.life = false;
            continue;
        }
        const auto option = options().find(name);
        if (option == options().end() || !allowed(option->second.commands, line.command))
            return fail(ErrorKind::Config,
                        tr("“%1” is not an option here; “strata --help” lists them.", {name}));
        if (!value) {
            if (at + 1 >= arguments.size())
                return fail(ErrorKind::Config, tr("“%1” needs a value.", {name}));
            value = arguments[++at];
        }
        if (const std::string wrong = option->second.use(line, *value); !wrong.empty())
            return fail(ErrorKind::Config, tr("“%1” %2, not “%3”.", {name, wrong, *value}));
    }
    if (line.listFaults)
        return line;
    if (line.demo && (!line.kubeconfig.empty() || !line.hosts.empty()))
        return fail(ErrorKind::Config,
                    tr("“--demo” shows the embedded site; it takes neither --kubeconfig nor --host."));
    if (!line.context.empty() && line.kubeconfig.empty() && line.command == Command::Tree)
        return fail(ErrorKind::Config, tr("“--context” needs “--kubeconfig”."));
    if (line.command == Command::Tree && !line.demo && line.kubeconfig.empty() && line.hosts.empty())
        return fail(ErrorKind::Config,
                    tr("“strata tree” needs something to look at: --demo, --kubeconfig FILE or --host URI."));
    return line;
}

std::string CommandLine::help()
{
    return tr(
        "strata — a desktop console for Kubernetes on KubeVirt on bare metal\n"
        "\n"
        "  strata                        the window, with the last workspace\n"
        "  strata --demo                 the window on the embedded demo site\n"
        "      --kubeconfig FILE [--context NAME]   an outer cluster to show\n"
        "      --host URI                           a host, through libvirt; may repeat\n"
        "      --theme light|dark, --geometry WxH, --select NAME, --tab NAME, --screenshot FILE\n"
        "\n"
        "  strata tree (--demo | --kubeconfig FILE [--context NAME] | --host URI)… [--json] [--timeout S]\n"
        "                                the stack as text or JSON, then exit; 1 when a part was not "
        "reached\n"
        "\n"
        "  strata demo [--size small|large|huge] [--seed N] [--speed X] [--no-life]\n"
        "                                serves the demo site until interrupted; the first line is the path\n"
        "                                of its kubeconfig, the next ones are its hosts' libvirt URIs\n"
        "      --fault NAME, --scenario NAME        what goes wrong there, also with --demo; may repeat;\n"
        "                                           “--fault list” prints all of them\n"
        "\n"
        "  strata --version, strata --help\n");
}

} // namespace strata::app
