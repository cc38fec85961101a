// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commandline.h"

#include "app/hostcommands.h"
#include "core/base/translate.h"
#include "core/checks/check.h"
#include "core/demosite/faults.h"

#include <algorithm>
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

std::string useDirection(CommandLine& line, const std::string& value)
{
    line.direction = value;
    return value == "ltr" || value == "rtl" ? std::string() : tr("must be ltr or rtl");
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

std::string useStep(CommandLine& line, const std::string& value)
{
    const auto step = number<double>(value, 0.0, 1e6);
    line.site.step = step.value_or(0);
    return step ? std::string() : tr("must be a number of seconds up to 1000000");
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

std::string useProfile(CommandLine& line, const std::string& value)
{
    line.profile = value;
    return checks::Profile::named(value) != nullptr ? std::string() : tr("must be lab or production");
}

// "8x16": vCPUs and GiB
std::string useVm(CommandLine& line, const std::string& value)
{
    const std::size_t cross = value.find('x');
    if (cross != std::string::npos) {
        const auto cpus = number<int>(value.substr(0, cross), 1, 4096);
        const auto gib = number<int>(value.substr(cross + 1), 1, 1 << 20);
        if (cpus && gib) {
            line.sizes.push_back({std::int64_t{*cpus} * 1000, std::int64_t{*gib} << 30U});
            return {};
        }
    }
    return tr("must be CPUSxGIB, for example 8x16");
}

Use each(std::vector<std::string> CommandLine::*field, bool pair)
{
    return [field, pair](CommandLine& line, const std::string& value) -> std::string {
        std::size_t at = 0;
        while (at <= value.size()) {
            const std::size_t comma = pair ? std::string::npos : value.find(',', at);
            const std::string one = value.substr(at, comma == std::string::npos ? comma : comma - at);
            if (one.empty() || (pair && (one.find('=') == std::string::npos || one.front() == '=')))
                return pair ? tr("must be NAME=VALUE") : tr("must not be empty");
            (line.*field).push_back(one);
            if (comma == std::string::npos)
                break;
            at = comma + 1;
        }
        return {};
    };
}

std::string useReplicas(CommandLine& line, const std::string& value)
{
    const auto replicas = number<int>(value, 0, 10000);
    line.replicas = replicas.value_or(-1);
    return replicas ? std::string() : tr("must be a number from 0 to 10000");
}

Use field(const char* key)
{
    return [key](CommandLine& line, const std::string& value) {
        line.values[key] = value;
        return value.empty() ? tr("must not be empty") : std::string();
    };
}

// What each command of day two takes: its words, and how many of them at least.
struct ActCommand {
    const char* name;
    std::size_t least;
};
constexpr ActCommand kActs[] = {{"scale", 1},
                                {"upgrade", 1},
                                {"roll-out", 1},
                                {"pause-cluster", 1},
                                {"resume-cluster", 1},
                                {"replace-machine", 1},
                                {"delete-cluster", 1},
                                {"cordon", 1},
                                {"uncordon", 1},
                                {"drain", 1},
                                {"add-pool", 1},
                                {"remove-pool", 1},
                                {"resize", 1},
                                {"health-check", 2},
                                {"rotate-certificates", 1},
                                {"maintenance", 2},
                                {"cancel-evacuation", 1},
                                {"calendar", 0},
                                {"services", 1},
                                {"vm", 2},
                                {"workload", 3},
                                {"image", 1}};

const ActCommand* actNamed(const std::string& name)
{
    for (const ActCommand& act : kActs) {
        if (name == act.name)
            return &act;
    }
    return nullptr;
}

struct Option {
    Use use;
    std::vector<Command> commands;
};

const std::map<std::string, Option>& options()
{
    static const std::map<std::string, Option> all = {
        {"--kubeconfig",
         {text(&CommandLine::kubeconfig),
          {Command::Window, Command::Tree, Command::CreateCluster, Command::Diagnose, Command::Capacity,
           Command::Act, Command::CheckHost, Command::Prepare}}},
        {"--context",
         {text(&CommandLine::context),
          {Command::Window, Command::Tree, Command::CreateCluster, Command::Diagnose, Command::Capacity,
           Command::Act, Command::CheckHost, Command::Prepare}}},
        {"--bundle", {text(&CommandLine::bundle), {Command::Prepare}}},
        {"--releases", {text(&CommandLine::releases), {Command::Prepare, Command::Bundle}}},
        {"--mirror", {text(&CommandLine::mirror), {Command::Prepare, Command::Bundle}}},
        {"--only", {each(&CommandLine::only, false), {Command::Prepare}}},
        {"--release", {each(&CommandLine::componentVersions, true), {Command::Prepare, Command::Bundle}}},
        {"--set", {each(&CommandLine::variables, true), {Command::Prepare}}},
        {"--gate", {each(&CommandLine::gates, false), {Command::Prepare}}},
        {"--addon", {each(&CommandLine::addons, false), {Command::Prepare}}},
        {"--resume", {text(&CommandLine::resume), {Command::CreateCluster}}},
        {"--save-kubeconfig", {text(&CommandLine::saveKubeconfig), {Command::CreateCluster}}},
        {"--host",
         {[](CommandLine& line, const std::string& value) {
              line.hosts.push_back(value);
              return value.empty() ? tr("must not be empty") : std::string();
          },
          {Command::Window, Command::Tree, Command::Diagnose, Command::Capacity}}},
        {"--timeout",
         {useTimeout,
          {Command::Tree, Command::CheckHost, Command::Diagnose, Command::Capacity, Command::Act}}},
        {"--replicas", {useReplicas, {Command::Act}}},
        {"--to", {text(&CommandLine::toVersion), {Command::Act}}},
        {"--image", {text(&CommandLine::image), {Command::Act}}},
        {"--node", {text(&CommandLine::toNode), {Command::Act}}},
        {"--url", {text(&CommandLine::url), {Command::Act}}},
        {"--disk", {text(&CommandLine::diskSize), {Command::Act}}},
        {"--storage-class", {text(&CommandLine::storageClass), {Command::Act}}},
        {"--yes", {text(&CommandLine::yes), {Command::Act}}},
        {"--name", {field("name"), {Command::Act}}},
        {"--like", {field("like"), {Command::Act}}},
        {"--cpus", {field("cpus"), {Command::Act}}},
        {"--memory", {field("memory"), {Command::Act}}},
        {"--days", {field("days"), {Command::Act}}},
        {"--snapshot", {field("snapshot"), {Command::Act}}},
        {"--volume", {field("volume"), {Command::Act}}},
        {"--claim", {field("claim"), {Command::Act}}},
        {"--from", {text(&CommandLine::from), {Command::Act}}},
        {"--schedule", {text(&CommandLine::schedule), {Command::Act}}},
        {"--profile", {useProfile, {Command::CheckHost}}},
        {"--html", {text(&CommandLine::html), {Command::CheckHost}}},
        {"--since", {text(&CommandLine::since), {Command::CheckHost}}},
        {"--size",
         {useSize,
          {Command::Window, Command::Tree, Command::CreateCluster, Command::Diagnose, Command::Capacity,
           Command::Act, Command::Prepare, Command::Demo}}},
        {"--seed",
         {useSeed,
          {Command::Window, Command::Tree, Command::CreateCluster, Command::Diagnose, Command::Capacity,
           Command::Act, Command::Prepare, Command::Demo}}},
        {"--speed",
         {useSpeed,
          {Command::Window, Command::Tree, Command::CreateCluster, Command::Diagnose, Command::Capacity,
           Command::Act, Command::Prepare, Command::Demo}}},
        {"--step",
         {useStep,
          {Command::Window, Command::Tree, Command::CreateCluster, Command::Diagnose, Command::Capacity,
           Command::Act, Command::Prepare, Command::Demo}}},
        {"--own-rules", {text(&CommandLine::ownRules), {Command::Diagnose}}},
        {"--vm", {useVm, {Command::Capacity}}},
        {"--fault",
         {useFault,
          {Command::Window, Command::Tree, Command::CreateCluster, Command::Diagnose, Command::Capacity,
           Command::Act, Command::Prepare, Command::Demo}}},
        {"--scenario",
         {useScenario,
          {Command::Window, Command::Tree, Command::CreateCluster, Command::Diagnose, Command::Capacity,
           Command::Act, Command::Prepare, Command::Demo}}},
        {"--screenshot", {text(&CommandLine::screenshot), {Command::Window}}},
        {"--theme", {useTheme, {Command::Window}}},
        {"--geometry", {useGeometry, {Command::Window}}},
        {"--direction", {useDirection, {Command::Window}}},
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
    // Commands that read their words themselves: app/hostcommands.h.
    if (!arguments.empty() && (arguments[0] == "domain" || arguments[0] == "add-node")) {
        const bool help = std::any_of(arguments.begin(), arguments.end(), [](const std::string& word) {
            return word == "--help" || word == "-h";
        });
        line.command = help ? Command::Help : arguments[0] == "domain" ? Command::Domain : Command::AddNode;
        line.words.assign(arguments.begin() + 1, arguments.end());
        return line;
    }
    std::size_t at = 0;
    if (!arguments.empty() && !arguments[0].starts_with('-')) {
        if (arguments[0] == "tree")
            line.command = Command::Tree;
        else if (arguments[0] == "capacity")
            line.command = Command::Capacity;
        else if (arguments[0] == "diagnose")
            line.command = Command::Diagnose;
        else if (arguments[0] == "demo")
            line.command = Command::Demo;
        else if (arguments[0] == "create-cluster")
            line.command = Command::CreateCluster;
        else if (arguments[0] == "prepare")
            line.command = Command::Prepare;
        else if (arguments[0] == "bundle")
            line.command = Command::Bundle;
        else if (arguments[0] == "check-host")
            line.command = Command::CheckHost;
        else if (arguments[0] == "resume")
            line.command = Command::CreateCluster;
        else if (arguments[0] == "audit")
            line.command = Command::Audit;
        else if (actNamed(arguments[0]) != nullptr) {
            line.command = Command::Act;
            line.act = arguments[0];
        } else if (arguments[0] == "help")
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
        if (line.command == Command::CheckHost && !name.starts_with('-')) {
            line.hosts.push_back(arguments[at]);
            continue;
        }
        const bool creating = line.command == Command::CreateCluster;
        const bool preparing = line.command == Command::Prepare;
        if (line.command == Command::Bundle && !name.starts_with('-') && !value && !name.empty() &&
            line.words.empty()) {
            line.words.push_back(name);
            continue;
        }
        if (!value && preparing && (name == "--dry-run" || name == "--upgrade")) {
            (name == "--upgrade" ? line.upgrade : line.dryRun) = true;
            continue;
        }
        const bool acting = line.command == Command::Act;
        if (acting && !name.starts_with('-') && !value) {
            if (name.empty())
                return fail(ErrorKind::Config, tr("A name must not be empty."));
            line.words.push_back(name);
            continue;
        }
        if (!value && acting && (name == "--dry-run" || name == "--force" || name == "--status")) {
            (name == "--force" ? line.force : name == "--status" ? line.status : line.dryRun) = true;
            continue;
        }
        if (!value && creating && arguments[0] == "resume" && !name.starts_with('-') && line.resume.empty() &&
            !name.empty()) {
            line.resume = name;
            continue;
        }
        if (!value && name == "--json" &&
            (line.command == Command::Tree || line.command == Command::CheckHost || creating || acting ||
             preparing || line.command == Command::Audit || line.command == Command::Diagnose ||
             line.command == Command::Capacity)) {
            line.json = true;
            continue;
        }
        if (!value && name == "--demo" &&
            (line.command == Command::Tree || line.command == Command::Window ||
             line.command == Command::CheckHost || creating || acting || preparing ||
             line.command == Command::Diagnose || line.command == Command::Capacity)) {
            line.demo = true;
            continue;
        }
        if (!value && name == "--allow-exec" &&
            (line.command == Command::Tree || line.command == Command::Diagnose ||
             line.command == Command::Capacity || line.command == Command::CheckHost || creating || acting ||
             preparing)) {
            line.allowExec = true;
            continue;
        }
        if (!value && (name == "--notes" || name == "--rules" || name == "--ask") &&
            line.command == Command::Diagnose) {
            (name == "--notes" ? line.notes : name == "--ask" ? line.ask : line.rules) = true;
            continue;
        }
        if (!value && creating && !name.starts_with('-') && line.clusterProfile.empty() && !name.empty()) {
            line.clusterProfile = name;
            continue;
        }
        if (!value && creating && (name == "--dry-run" || name == "--undo")) {
            (name == "--undo" ? line.undo : line.dryRun) = true;
            continue;
        }
        if (!value && (creating || acting) && (name == "--wait" || name == "--no-wait")) {
            line.wait = name == "--wait";
            continue;
        }
        if (!value && name == "--no-life") {
            line.site.life = false;
            continue;
        }
        if (!value && name == "--bare") {
            line.site.bare = true;
            continue;
        }
        if (!value && name == "--paused") {
            line.site.paused = true;
            continue;
        }
        if (!value && name == "--commands" && line.command == Command::Demo) {
            line.commands = true;
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
    if (!line.context.empty() && line.kubeconfig.empty() &&
        (line.command == Command::Tree || line.command == Command::Diagnose ||
         line.command == Command::Capacity))
        return fail(ErrorKind::Config, tr("“--context” needs “--kubeconfig”."));
    if (line.command == Command::Tree && !line.demo && line.kubeconfig.empty() && line.hosts.empty())
        return fail(ErrorKind::Config,
                    tr("“strata tree” needs something to look at: --demo, --kubeconfig FILE or --host URI."));
    if (line.command == Command::Capacity && !line.demo && line.kubeconfig.empty() && line.hosts.empty())
        return fail(
            ErrorKind::Config,
            tr("“strata capacity” needs something to look at: --demo, --kubeconfig FILE or --host URI."));
    if (line.command == Command::Diagnose && !line.demo && !line.rules && line.kubeconfig.empty() &&
        line.hosts.empty())
        return fail(
            ErrorKind::Config,
            tr("“strata diagnose” needs something to look at: --demo, --kubeconfig FILE or --host URI."));
    if (line.command == Command::Act) {
        if (line.words.size() < actNamed(line.act)->least)
            return fail(ErrorKind::Config,
                        tr("“strata %1” needs to know what it is about; “strata --help” tells.", {line.act}));
        const bool scales = line.act == "scale" || line.act == "add-pool" ||
                            (line.act == "workload" && line.words[0] == "scale");
        if (scales != (line.replicas >= 0))
            return fail(ErrorKind::Config, scales ? tr("“strata %1” needs “--replicas N”.", {line.act})
                                                  : tr("“--replicas” makes no sense here."));
        if ((line.act == "upgrade") != !line.toVersion.empty())
            return fail(ErrorKind::Config, line.act == "upgrade"
                                               ? tr("“strata upgrade” needs “--to VERSION”.")
                                               : tr("“--to” makes no sense here."));
        if (line.act == "image" && line.words[0] == "import" &&
            (line.words.size() != 2 || line.url.empty() || line.diskSize.empty()))
            return fail(ErrorKind::Config,
                        tr("“strata image import” needs NAMESPACE/NAME, “--url URL” and “--disk SIZE”."));
        if (line.act == "image" && line.words[0] == "upload" && (line.words.size() != 3))
            return fail(ErrorKind::Config, tr("“strata image upload” needs FILE and NAMESPACE/NAME."));
        if (line.act == "image" && line.words[0] == "clone" && (line.words.size() != 2 || line.from.empty()))
            return fail(ErrorKind::Config,
                        tr("“strata image clone” needs NAMESPACE/NAME and “--from NAMESPACE/NAME”."));
        if (line.act == "image" && line.words[0] == "schedule" &&
            (line.words.size() != 2 || line.url.empty() || line.diskSize.empty() || line.schedule.empty()))
            return fail(ErrorKind::Config,
                        tr("“strata image schedule” needs NAMESPACE/NAME, “--url URL”, “--disk "
                           "SIZE” and “--schedule "
                           "'M H D M W'”."));
        if (line.act == "add-pool" && line.values.count("name") == 0)
            return fail(ErrorKind::Config, tr("“strata add-pool” needs “--name NAME”."));
        if (line.status && line.act != "delete-cluster")
            return fail(ErrorKind::Config, tr("“--status” makes no sense here."));
        const bool drains = line.act == "drain" || line.act == "maintenance" ||
                            (line.act == "image" && line.words[0] == "delete");
        if (line.force && !drains)
            return fail(ErrorKind::Config, tr("“--force” makes no sense here."));
    }
    if (line.command == Command::CreateCluster) {
        if (line.clusterProfile.empty() == line.resume.empty())
            return fail(ErrorKind::Config,
                        tr("“strata create-cluster” needs either a profile or “--resume PLAN”."));
        if (line.undo && line.resume.empty())
            return fail(ErrorKind::Config, tr("“--undo” needs “--resume PLAN”: the plan to take back."));
        if (!line.resume.empty() && line.demo)
            return fail(ErrorKind::Config,
                        tr("“--resume” needs the cluster of its plan; the embedded demo site is a new one "
                           "each time."));
        if (!line.resume.empty() && line.dryRun)
            return fail(ErrorKind::Config, tr("“--dry-run” needs a profile, not “--resume”."));
        if (!line.saveKubeconfig.empty() && (!line.wait || line.dryRun || line.undo))
            return fail(ErrorKind::Config,
                        tr("“--save-kubeconfig” needs “--wait”: there is no kubeconfig before."));
    }
    if (line.command == Command::Bundle && line.words.empty())
        return fail(ErrorKind::Config, tr("“strata bundle” needs the folder that it is to fill."));
    if (line.command == Command::Prepare && !line.bundle.empty() && !line.releases.empty())
        return fail(ErrorKind::Config,
                    tr("Either “--bundle” or “--releases”: what is installed comes from one."));
    if (line.site.bare && (!line.site.faults.empty() || !line.site.scenario.empty()))
        return fail(ErrorKind::Config, tr("A bare site has nothing that faults could befall."));
    if (line.command == Command::CheckHost && !line.demo && line.hosts.empty() && line.kubeconfig.empty())
        return fail(ErrorKind::Config,
                    tr("“strata check-host” needs one or more libvirt URIs, for example qemu:///system."));
    return line;
}

std::string CommandLine::help()
{
    std::string text = tr(
        "strata — a desktop console for Kubernetes on KubeVirt on bare metal\n"
        "\n"
        "  strata                        the window, with the last workspace\n"
        "  strata --demo                 the window on the embedded demo site\n"
        "      --kubeconfig FILE [--context NAME]   an outer cluster to show\n"
        "      --host URI                           a host, through libvirt; may repeat\n"
        "      --select NAME [--tab NAME]           opens at that item; tabs: overview, why, conditions, "
        "events,\n"
        "                                           yaml, logs, shell, attach, screen, serial, ssh, "
        "node-shell,\n"
        "                                           bootstrap, forward, metrics\n"
        "      --theme light|dark, --direction ltr|rtl, --geometry WxH, --screenshot FILE\n"
        "\n"
        "  strata tree (--demo | --kubeconfig FILE [--context NAME] | --host URI)… [--json] [--timeout S]\n"
        "      [--allow-exec]            the stack as text or JSON, then exit; 1 when a part was not "
        "reached.\n"
        "                                --allow-exec (everywhere): run the credential program that the\n"
        "                                kubeconfig names\n"
        "\n"
        "  strata create-cluster PROFILE [--kubeconfig FILE [--context NAME] | --demo]\n"
        "      [--dry-run] [--wait | --no-wait] [--save-kubeconfig FILE] [--json] [--allow-exec]\n"
        "  strata create-cluster --resume PLAN [--undo] [--kubeconfig FILE [--context NAME]] [--json]\n"
        "                                creates a tenant cluster as a profile says, or goes on with (or\n"
        "                                takes back) what a plan has begun; progress on stderr. Without\n"
        "                                --kubeconfig the usual ones are read, as kubectl does.\n"
        "                                Exit: 0 done, 1 failed on the way, 2 wrong arguments, 3 refused\n"
        "                                before anything was written, 130 interrupted\n"
        "\n"
        "\n"
        "  strata scale NS/POOL --replicas N          a pool or a control plane\n"
        "  strata upgrade NS/CLUSTER --to VERSION [--image IMAGE]\n"
        "  strata roll-out NS/POOL…, replace-machine NS/MACHINE…\n"
        "  strata pause-cluster NS/CLUSTER, resume-cluster NS/CLUSTER\n"
        "  strata delete-cluster NS/CLUSTER --yes CLUSTER\n"
        "  strata delete-cluster NS/CLUSTER --status [--json]\n"
        "                                what is left of it, who holds what since when, and the safe next "
        "step\n"
        "  strata add-pool NS/CLUSTER --name NAME --replicas N [--like POOL] [SIZE]\n"
        "  strata remove-pool NS/POOL --yes POOL\n"
        "  strata resize NS/POOL [SIZE]  SIZE: [--cpus N] [--memory 8Gi] [--disk 20Gi] [--storage-class "
        "NAME]\n"
        "                                [--image IMAGE]; all of its machines are made anew, one at a time\n"
        "  strata health-check on|off NS/POOL…\n"
        "  strata rotate-certificates NS/CLUSTER-CP [--days N]\n"
        "  strata calendar [--json]      certificates and kubeconfigs of all clusters, the first to expire "
        "first\n"
        "  strata services NS/CLUSTER [--json]   its services and ingresses with their outer counterparts\n"
        "  strata cordon NODE…, uncordon NODE…, drain NODE… [--force]\n"
        "  strata maintenance start|end NODE… [--force], cancel-evacuation NODE…\n"
        "  strata vm start|stop|force-stop|restart|soft-reboot|pause|unpause|migrate|cancel-migration "
        "NS/VM… [--node NODE]\n"
        "  strata vm snapshot NS/VM [--name NAME], vm restore NS/VM [--snapshot NAME] --yes VM\n"
        "  strata vm clone NS/VM --name NAME\n"
        "  strata vm add-volume NS/VM --name NAME (--disk 10Gi [--storage-class NAME] | --claim NAME)\n"
        "  strata vm remove-volume NS/VM --volume NAME, vm expand-disk NS/VM --volume NAME --disk 40Gi\n"
        "  strata vm resize NS/VM [--cpus N] [--memory 8Gi]\n"
        "  strata workload scale|restart|roll-back|delete NS/CLUSTER NS/NAME… [--replicas N] [--yes NAME]\n"
        "  strata image list\n"
        "  strata image import NS/NAME --url URL --disk 20Gi [--storage-class NAME]\n"
        "  strata image upload FILE NS/NAME [--disk 20Gi] [--storage-class NAME]\n"
        "  strata image clone NS/NAME --from NS/CLAIM [--disk 20Gi]\n"
        "  strata image schedule NS/NAME --url docker://IMAGE --disk 20Gi --schedule '0 3 * * 1'\n"
        "  strata image delete NS/NAME --yes NAME [--force]\n"
        "      [--kubeconfig FILE [--context NAME] | --demo] [--dry-run] [--json] [--no-wait] [--timeout S]\n"
        "                                --dry-run prints the plan and who will notice, and asks the "
        "server;\n"
        "                                progress on stderr. Exit as create-cluster\n"
        "  strata resume PLAN [--undo]   goes on with, or takes back, what one of these has begun\n"
        "  strata audit [--json]         what was done with Strata on this machine, newest first\n"
        "\n"
        "  strata prepare [--kubeconfig FILE [--context NAME] | --demo [--bare]] [--bundle DIR | --releases "
        "URL]\n"
        "      [--only ID,…] [--upgrade] [--release ID=VERSION]… [--gate NAME[=false]]… [--set NAME=VALUE]…\n"
        "      [--addon ID]… [--mirror PREFIX] [--dry-run] [--json] [--allow-exec]\n"
        "                                looks what an outer cluster has of cert-manager, KubeVirt, CDI and "
        "Cluster\n"
        "                                API with its providers, and installs what it lacks, from a bundle "
        "or "
        "the\n"
        "                                releases; --releases stands instead of https://github.com, --mirror "
        "before\n"
        "                                the names of images. What else lies in the bundle is listed; "
        "--addon\n"
        "                                applies of it what it names, as it is. Exit as create-cluster; 0 "
        "when\n"
        "                                nothing is to do\n"
        "  strata bundle DIR [--mirror PREFIX] [--releases URL] [--release ID=VERSION]…\n"
        "                                fills a folder for sites without a network: manifests, an index "
        "with\n"
        "                                checksums, the list of images; 1 when something cannot be fetched\n"
        "\n"
        "  strata check-host (URI… | --kubeconfig FILE [--context NAME] | --demo)… [--profile "
        "lab|production]\n"
        "      [--json] [--html FILE] [--since REPORT.json] [--timeout S]\n"
        "                                is a host fit to carry the stack? 0 when no check fails, 1 when one "
        "does,\n"
        "                                2 when a host could not be read. A cluster tells of hosts that are "
        "not\n"
        "                                asked themselves; --since tells what has changed since an earlier\n"
        "                                report, with 1 when something is worse\n"
        "\n"
        "  strata capacity (--demo | --kubeconfig FILE [--context NAME] | --host URI)… [--vm CPUSxGIB]… "
        "[--json] [--timeout S]\n"
        "                                how full each layer is, each tenant's share, and how many more VMs "
        "fit\n"
        "\n"
        "  strata diagnose (--demo | --kubeconfig FILE [--context NAME] | --host URI)… [--json] [--notes] "
        "[--ask] [--own-rules DIR] "
        "[--timeout S]\n"
        "                                the root causes of what is wrong, each with proof and remedy; 0 "
        "when "
        "there\n"
        "                                are none, 1 when there are, 2 when it could not look; --ask puts\n"
        "                                questions beyond what is watched: logs, metrics, dry runs\n"
        "  strata diagnose --rules [--json]   which rules there are and what each needs\n"
        "\n"
        "  strata demo [--size small|large|huge] [--seed N] [--speed X] [--paused] [--step S] [--no-life] "
        "[--bare]\n"
        "                                serves the demo site until interrupted; the first line is the path\n"
        "                                of its kubeconfig, the next ones are its hosts' libvirt URIs;\n"
        "                                --step lets S seconds of its time pass first, at once; --bare (also "
        "with\n"
        "                                --demo) is an outer cluster that nothing is installed in yet\n"
        "      --commands                obeys standard input, a line each: pause, resume, speed X, step S,\n"
        "                                fault NAME, heal NAME, play NAME, status, quit\n"
        "      --fault NAME, --scenario NAME        what goes wrong there, also with --demo; may repeat;\n"
        "                                           “--fault list” prints all of them\n"
        "\n"
        "  strata --version, strata --help\n");
    const std::size_t at = text.find("  strata check-host");
    return text.insert(at == std::string::npos ? text.size() : at, hostCommandsHelp() + addNodeHelp());
}

} // namespace strata::app
