// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/image.h"

#include "core/actions/build.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/provision/recipes/create_objects.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

namespace strata::actions {

using namespace provision;
using Kind = Predicate::Kind;

namespace {

constexpr int kImportSeconds = 4 * 3600;
constexpr int kReadySeconds = 900;
constexpr std::size_t kMostName = 63;

bool isName(const std::string& text)
{
    const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= kMostName && word(text.front()) && word(text.back()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return word(c) || c == '-' || c == '.'; });
}

tl::unexpected<Error> wrong(std::string text)
{
    return fail(ErrorKind::Config, std::move(text));
}

const Json& at(const Json& json, const char* pointer)
{
    static const Json none;
    const Json::json_pointer place(pointer);
    return json.contains(place) ? json[place] : none;
}

std::string sourceOf(const Object& volume)
{
    const Json& source = at(volume.json(), "/spec/source");
    if (source.is_object() && !source.empty()) {
        const std::string kind = source.begin().key();
        if (kind == "pvc" || kind == "snapshot")
            return say("clone of %1",
                       {cleanText(volume.text("spec.source." + kind + ".namespace").value_or(volume.ns()) +
                                      "/" + volume.text("spec.source." + kind + ".name").value_or(""),
                                  200)});
        const std::string url = volume.text("spec.source." + kind + ".url").value_or("");
        return cleanText(url.empty() ? kind : url, 300);
    }
    const std::string ref = volume.text("spec.sourceRef.name").value_or("");
    return ref.empty() ? std::string() : cleanText("DataSource " + ref, 200);
}

} // namespace

Result<Plan> importPlan(const ImageWish& wish)
{
    if (!isName(wish.ns))
        return wrong(say("“%1” is not the name of a namespace.", {cleanText(wish.ns, 80)}));
    if (!isName(wish.name))
        return wrong(say("“%1” cannot be the name of an image: lower-case letters, digits and dashes.",
                         {cleanText(wish.name, 80)}));
    const auto size = parseQuantity(wish.size);
    if (!size || *size < (1 << 20))
        return wrong(say("“%1” is not the size of a disk; write it like 20Gi.", {cleanText(wish.size, 40)}));
    const std::size_t colon = wish.url.find("://");
    const std::string scheme =
        colon == std::string::npos ? std::string() : toLower(wish.url.substr(0, colon));
    const bool plain = isCleanText(wish.url) && wish.url.find(' ') == std::string::npos;
    const char* kind = scheme == "http" || scheme == "https"           ? "http"
                       : scheme == "s3"                                ? "s3"
                       : scheme == "docker" || scheme == "oci-archive" ? "registry"
                                                                       : nullptr;
    if (kind == nullptr || !plain || wish.url.size() <= colon + 3)
        return wrong(
            say("“%1” is not where an image can be fetched from: http://, https://, s3:// or docker://.",
                {cleanText(wish.url, 200)}));
    if (wish.url.find('@') != std::string::npos && std::string_view(kind) == "http" &&
        wish.url.find('@') < wish.url.find('/', colon + 3))
        return wrong(
            say("Credentials do not belong into the address: everybody could read them there. Put them "
                "into a secret and name it."));

    Plan plan;
    plan.id = newPlanId();
    plan.action = "import-image";
    plan.ns = wish.ns;
    plan.title = say("Import image %1/%2", {wish.ns, wish.name});
    plan.interruption = {say("Nobody: a new disk is made.")};
    Object volume("cdi.kubevirt.io/v1beta1", "DataVolume", wish.ns, wish.name);
    Json& spec = volume.edit()["spec"];
    Json source = {{"url", wish.url}};
    if (!wish.secret.empty())
        source["secretRef"] = wish.secret;
    spec["source"][kind] = std::move(source);
    spec["storage"]["resources"]["requests"]["storage"] = wish.size;
    if (!wish.storageClass.empty())
        spec["storage"]["storageClassName"] = wish.storageClass;
    // An image is filled at once, not when somebody mounts it.
    volume.setAnnotation("cdi.kubevirt.io/storage.bind.immediate.requested", "true");
    stampPlan(volume, plan.id);
    Step step;
    step.id = "import";
    step.title = say("Fetch %1", {wish.url});
    step.timeoutSeconds = kImportSeconds;
    step.waits.push_back({Target::Outer,
                          provision::refOf(volume),
                          say("The image is there"),
                          {{Kind::Field, "status.phase", "Succeeded"}},
                          {{Kind::Field, "status.phase", "Failed"}}});
    step.writes.push_back({Verb::Create, Target::Outer, std::move(volume)});
    plan.steps.push_back(std::move(step));
    return plan;
}

namespace {

// Names and size of what is wished for; `size` is not asked for where it is optional and empty.
Result<void> checkWish(const ImageWish& wish, bool sizeNeeded)
{
    if (!isName(wish.ns))
        return wrong(say("“%1” is not the name of a namespace.", {cleanText(wish.ns, 80)}));
    if (!isName(wish.name))
        return wrong(say("“%1” cannot be the name of an image: lower-case letters, digits and dashes.",
                         {cleanText(wish.name, 80)}));
    const auto size = parseQuantity(wish.size);
    if ((sizeNeeded || !wish.size.empty()) && (!size || *size < (1 << 20)))
        return wrong(say("“%1” is not the size of a disk; write it like 20Gi.", {cleanText(wish.size, 40)}));
    return {};
}

Object diskOf(const ImageWish& wish)
{
    Object volume("cdi.kubevirt.io/v1beta1", "DataVolume", wish.ns, wish.name);
    Json& spec = volume.edit()["spec"];
    if (!wish.size.empty())
        spec["storage"]["resources"]["requests"]["storage"] = wish.size;
    else
        spec["storage"] = Json::object();
    if (!wish.storageClass.empty())
        spec["storage"]["storageClassName"] = wish.storageClass;
    // An image is filled at once, not when somebody mounts it.
    volume.setAnnotation("cdi.kubevirt.io/storage.bind.immediate.requested", "true");
    return volume;
}

Plan planFor(const ImageWish& wish, const char* action, std::string title)
{
    Plan plan;
    plan.id = newPlanId();
    plan.action = action;
    plan.ns = wish.ns;
    plan.title = std::move(title);
    plan.interruption = {say("Nobody: a new disk is made.")};
    return plan;
}

Wait filled(const Object& volume)
{
    return {Target::Outer,
            provision::refOf(volume),
            say("The image is there"),
            {{Kind::Field, "status.phase", "Succeeded"}},
            {{Kind::Field, "status.phase", "Failed"}}};
}

// Of cron: five fields of digits, names and signs, or one of its words.
bool isSchedule(const std::string& text)
{
    if (text.empty())
        return true; // never by itself
    if (text.front() == '@') {
        static const std::set<std::string> words = {"@yearly", "@annually", "@monthly", "@weekly",
                                                    "@daily",  "@midnight", "@hourly"};
        return words.count(text) != 0;
    }
    std::size_t fields = 0;
    for (const std::string& part : split(text, ' ')) {
        if (part.empty())
            continue;
        ++fields;
        if (part.find_first_not_of("0123456789*/,-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") !=
            std::string::npos)
            return false;
    }
    return fields == 5;
}

std::uint64_t bigEndian(const unsigned char* bytes, int count)
{
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i)
        value = value << 8U | bytes[i];
    return value;
}

} // namespace

Result<ImageFileFacts> imageFileFacts(const std::string& path)
{
    const auto io = [&](const char* text) {
        return fail(ErrorKind::Io, say(text, {cleanText(path, 300)}), std::strerror(errno));
    };
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return io("%1 cannot be opened.");
    struct stat info = {};
    unsigned char head[512] = {};
    const bool known = ::fstat(file, &info) == 0;
    const ssize_t got = known && S_ISREG(info.st_mode) ? ::pread(file, head, sizeof head, 0) : -1;
    ::close(file);
    if (known && !S_ISREG(info.st_mode))
        return fail(ErrorKind::Config, say("%1 is not a file.", {cleanText(path, 300)}));
    if (got < 0)
        return io("%1 cannot be read.");
    if (info.st_size == 0)
        return fail(ErrorKind::Config, say("%1 is empty.", {cleanText(path, 300)}));
    ImageFileFacts facts;
    facts.bytes = info.st_size;
    const std::string_view start(reinterpret_cast<const char*>(head), static_cast<std::size_t>(got));
    if (start.substr(0, 4) == "QFI\xfb" && got >= 32) { // qcow2: size in bytes at 24
        facts.format = "qcow2";
        facts.virtualBytes = static_cast<std::int64_t>(
            std::min<std::uint64_t>(bigEndian(head + 24, 8), std::uint64_t{1} << 62U));
    } else if (start.substr(0, 2) == "\x1f\x8b") {
        facts.format = "gzip";
    } else if (start.substr(0, 6) == std::string_view("\xfd"
                                                      "7zXZ\0",
                                                      6)) {
        facts.format = "xz";
    } else if (start.substr(0, 4) == "KDMV") {
        facts.format = "vmdk";
    } else if (start.find("<<< Oracle VM") != std::string_view::npos) {
        facts.format = "vdi";
    } else {
        facts.format = "raw";
        facts.virtualBytes = facts.bytes;
    }
    return facts;
}

Result<Plan> uploadPlan(const ImageWish& wish, std::int64_t virtualBytes)
{
    ImageWish asked = wish;
    if (asked.size.empty() && virtualBytes > 0) // whole mebibytes, with room for a file system's overhead
        asked.size = std::to_string((virtualBytes + virtualBytes / 16) / (1 << 20) + 1) + "Mi";
    if (auto sound = checkWish(asked, false); !sound)
        return tl::unexpected(sound.error());
    if (asked.size.empty())
        return wrong(say("The file does not tell how large the disk becomes: give its size."));
    if (const auto size = parseQuantity(asked.size); size && virtualBytes > 0 && *size < virtualBytes)
        return wrong(say("A disk of %1 is too small for an image of %2.",
                         {cleanText(asked.size, 40), formatBytes(virtualBytes)}));
    Plan plan = planFor(wish, "upload-image", say("Upload image %1/%2", {wish.ns, wish.name}));
    Object volume = diskOf(asked);
    volume.edit()["spec"]["source"]["upload"] = Json::object();
    stampPlan(volume, plan.id);
    Step step;
    step.id = "prepare";
    step.title = say("Make a disk of %1 that takes an upload", {asked.size});
    step.timeoutSeconds = kReadySeconds;
    step.waits.push_back(
        {Target::Outer,
         provision::refOf(volume),
         say("It takes an upload"),
         {{Kind::Field, "status.phase", "UploadReady"}, {Kind::Field, "status.phase", "Succeeded"}},
         {{Kind::Field, "status.phase", "Failed"}}});
    step.writes.push_back({Verb::Create, Target::Outer, std::move(volume)});
    plan.steps.push_back(std::move(step));
    return plan;
}

Result<Plan> clonePlan(const ImageWish& wish, const std::string& from)
{
    if (auto sound = checkWish(wish, false); !sound)
        return tl::unexpected(sound.error());
    const std::size_t slash = from.find('/');
    const std::string ns = slash == std::string::npos ? wish.ns : from.substr(0, slash);
    const std::string name = from.substr(slash == std::string::npos ? 0 : slash + 1);
    if (!isName(ns) || !isName(name))
        return wrong(say("“%1” is not a claim; write NAMESPACE/NAME.", {cleanText(from, 120)}));
    if (ns == wish.ns && name == wish.name)
        return wrong(say("A disk cannot be a copy of itself."));
    Plan plan = planFor(wish, "clone-image", say("Clone %1/%2 as %3/%4", {ns, name, wish.ns, wish.name}));
    plan.interruption.push_back(
        say("While a VM writes to %1, CDI waits until it is not used any more, unless its "
            "storage copies by snapshot.",
            {ns + "/" + name}));
    Object volume = diskOf(wish);
    volume.edit()["spec"]["source"]["pvc"] = {{"namespace", ns}, {"name", name}};
    stampPlan(volume, plan.id);
    Step step;
    step.id = "clone";
    step.title = say("Copy %1", {ns + "/" + name});
    step.timeoutSeconds = kImportSeconds;
    step.waits.push_back(filled(volume));
    step.writes.push_back({Verb::Create, Target::Outer, std::move(volume)});
    plan.steps.push_back(std::move(step));
    return plan;
}

Result<Plan> schedulePlan(const ImageWish& wish, const std::string& schedule)
{
    if (auto sound = checkWish(wish, true); !sound)
        return tl::unexpected(sound.error());
    if (wish.url.rfind("docker://", 0) != 0 || wish.url.size() <= 9 || !isCleanText(wish.url) ||
        wish.url.find(' ') != std::string::npos)
        return wrong(say("What is imported on a schedule comes from a registry: docker://…, not “%1”.",
                         {cleanText(wish.url, 200)}));
    if (!isSchedule(schedule))
        return wrong(say("“%1” is not a schedule; write it as cron does: minute hour day month weekday.",
                         {cleanText(schedule, 80)}));
    Plan plan = planFor(wish, "schedule-image", say("Import %1/%2 on a schedule", {wish.ns, wish.name}));
    plan.interruption = {
        say("Nobody: VMs that are made later from DataSource %1 get the newest image.", {wish.name})};
    Object cron("cdi.kubevirt.io/v1beta1", "DataImportCron", wish.ns, wish.name);
    Json& spec = cron.edit()["spec"];
    spec["schedule"] = schedule;
    spec["managedDataSource"] = wish.name;
    spec["garbageCollect"] = "Outdated";
    spec["importsToKeep"] = 2;
    Json& templ = spec["template"]["spec"];
    templ["source"]["registry"]["url"] = wish.url;
    templ["storage"]["resources"]["requests"]["storage"] = wish.size;
    if (!wish.storageClass.empty())
        templ["storage"]["storageClassName"] = wish.storageClass;
    cron.setAnnotation("cdi.kubevirt.io/storage.bind.immediate.requested", "true");
    stampPlan(cron, plan.id);
    Step step;
    step.id = "schedule";
    step.title = say("Import %1 at %2", {wish.url, schedule.empty() ? say("its first time only") : schedule});
    step.timeoutSeconds = kImportSeconds;
    step.waits.push_back({Target::Outer,
                          provision::refOf(cron),
                          say("The first import is there"),
                          {{Kind::Condition, "UpToDate", "True"}}});
    step.writes.push_back({Verb::Create, Target::Outer, std::move(cron)});
    plan.steps.push_back(std::move(step));
    return plan;
}

Result<Plan> deleteImagePlan(const std::string& ns, const std::string& name,
                             const std::vector<Object>& dataVolumes, const std::vector<std::string>& users)
{
    const auto found = std::find_if(dataVolumes.begin(), dataVolumes.end(), [&](const Object& each) {
        return each.ns() == ns && each.name() == name;
    });
    if (found == dataVolumes.end())
        return refuse(say("There is no image %1.", {cleanText(ns + "/" + name, 160)}));
    if (!users.empty())
        return refuse(say("%1 is used by %2.", {cleanText(ns + "/" + name, 160), users.front()}),
                      users.size() > 1 ? say("And by %1 more.", {std::to_string(users.size() - 1)})
                                       : std::string());
    Plan plan;
    plan.id = newPlanId();
    plan.action = "delete-image";
    plan.ns = ns;
    plan.title = say("Delete image %1/%2", {ns, name});
    plan.interruption = {say("Its claim and what it holds are gone for good.")};
    Object gone("cdi.kubevirt.io/v1beta1", "DataVolume", ns, name);
    gone.edit()["metadata"]["uid"] = found->uid();
    Step step;
    step.id = "delete";
    step.title = say("Delete %1", {ns + "/" + name});
    step.timeoutSeconds = kReadySeconds;
    step.waits.push_back(
        {Target::Outer, provision::refOf(gone), say("It is gone"), {{Kind::Gone, {}, found->uid()}}});
    step.writes.push_back({Verb::Remove, Target::Outer, std::move(gone)});
    plan.steps.push_back(std::move(step));
    return plan;
}

std::vector<ScheduleRow> schedulesOf(const std::vector<Object>& crons)
{
    std::vector<ScheduleRow> out;
    for (const Object& cron : crons) {
        ScheduleRow row;
        row.ns = cleanText(cron.ns(), 80);
        row.name = cleanText(cron.name(), 80);
        row.url = cleanText(cron.text("spec.template.spec.source.registry.url").value_or(""), 300);
        row.schedule = cleanText(cron.text("spec.schedule").value_or(""), 80);
        row.dataSource = cleanText(cron.text("spec.managedDataSource").value_or(""), 80);
        row.last = cleanText(cron.text("status.lastImportedPVC.name").value_or(""), 120);
        row.upToDate = cron.text("status.conditions.type=UpToDate.status") == "True";
        const std::string message = cron.text("status.conditions.type=UpToDate.message").value_or("");
        row.words = row.upToDate      ? say("It is up to date.")
                    : message.empty() ? say("Its newest image is not there yet.")
                                      : cleanText(message, 300);
        out.push_back(std::move(row));
    }
    std::sort(out.begin(), out.end(), [](const ScheduleRow& a, const ScheduleRow& b) {
        return a.ns != b.ns ? a.ns < b.ns : a.name < b.name;
    });
    return out;
}

std::string phaseWords(const std::string& phase)
{
    if (phase == "Succeeded")
        return say("It is there.");
    if (phase == "WaitForFirstConsumer" || phase == "PendingPopulation")
        return say("It is filled when the first VM uses it; that is normal.");
    if (phase.empty() || phase == "Pending")
        return say("It waits for its storage.");
    if (phase == "ImportScheduled" || phase == "CloneScheduled" || phase == "UploadScheduled")
        return say("Its worker is being started.");
    if (phase == "ImportInProgress")
        return say("It is being fetched.");
    if (phase == "UploadReady")
        return say("It waits for an upload.");
    if (phase == "Paused")
        return say("It stopped between two checkpoints and waits for the next.");
    if (phase == "Failed")
        return say("It failed.");
    if (phase.find("Clone") != std::string::npos || phase.find("InProgress") != std::string::npos)
        return say("It is being copied.");
    return {};
}

std::vector<ImageRow> imagesOf(const std::vector<Object>& dataVolumes, const std::vector<Object>& vms,
                               const std::vector<Object>& dataSources)
{
    std::map<std::string, std::vector<std::string>> users; // by "namespace/name" of the claim
    const auto uses = [&](const std::string& ns, const std::string& name, std::string who) {
        std::vector<std::string>& all = users[ns + "/" + name];
        if (!name.empty() && std::find(all.begin(), all.end(), who) == all.end())
            all.push_back(std::move(who));
    };
    std::set<std::string> ofVms; // disks that templates of VMs made
    for (const Object& vm : vms) {
        const std::string who = cleanText("VirtualMachine " + vm.ns() + "/" + vm.name(), 200);
        if (const Json& own = at(vm.json(), "/spec/dataVolumeTemplates"); own.is_array()) {
            for (const Json& templ : own) {
                const Object disk(templ.is_object() ? templ : Json::object());
                ofVms.insert(vm.ns() + "/" + disk.name());
                uses(disk.text("spec.source.pvc.namespace").value_or(vm.ns()),
                     disk.text("spec.source.pvc.name").value_or(""), who);
            }
        }
        if (const Json& volumes = at(vm.json(), "/spec/template/spec/volumes"); volumes.is_array()) {
            for (const Json& each : volumes) {
                const Object volume(each.is_object() ? each : Json::object());
                uses(vm.ns(), volume.text("dataVolume.name").value_or(""), who);
                uses(vm.ns(), volume.text("persistentVolumeClaim.claimName").value_or(""), who);
            }
        }
    }
    for (const Object& source : dataSources)
        uses(source.text("spec.source.pvc.namespace").value_or(source.ns()),
             source.text("spec.source.pvc.name").value_or(""),
             cleanText("DataSource " + source.ns() + "/" + source.name(), 200));
    for (const Object& volume : dataVolumes)
        uses(volume.text("spec.source.pvc.namespace").value_or(volume.ns()),
             volume.text("spec.source.pvc.name").value_or(""),
             cleanText("DataVolume " + volume.ns() + "/" + volume.name(), 200));
    std::vector<ImageRow> out;
    for (const Object& volume : dataVolumes) {
        const std::string key = volume.ns() + "/" + volume.name();
        if (ofVms.count(key) != 0 || !volume.label("kubevirt.io/created-by").empty())
            continue;
        ImageRow row;
        row.ns = cleanText(volume.ns(), 100);
        row.name = cleanText(volume.name(), 200);
        row.source = sourceOf(volume);
        row.phase = cleanText(volume.text("status.phase").value_or(""), 60);
        row.progress = cleanText(volume.text("status.progress").value_or(""), 20);
        if (row.progress == "N/A")
            row.progress.clear();
        row.waits = row.phase == "WaitForFirstConsumer" || row.phase == "PendingPopulation";
        row.failed = row.phase == "Failed";
        row.words = phaseWords(row.phase);
        // The text of a fault is in the condition Running, whatever the phase.
        if (const Json& conditions = at(volume.json(), "/status/conditions");
            conditions.is_array() && row.phase != "Succeeded") {
            for (const Json& each : conditions) {
                const Object condition(each.is_object() ? each : Json::object());
                const std::string reason = condition.text("reason").value_or("");
                if (condition.text("type") == "Running" && condition.text("status") == "False" &&
                    (reason == "Error" || reason == "ImagePullFailed")) {
                    row.failed = true;
                    row.words = cleanText(condition.text("message").value_or(reason));
                }
            }
        }
        const auto bytes =
            parseQuantity(volume.text("spec.storage.resources.requests.storage")
                              .value_or(volume.text("spec.pvc.resources.requests.storage").value_or("")));
        row.bytes = bytes.value_or(-1);
        if (const auto known = users.find(key); known != users.end()) {
            row.users = known->second;
            std::sort(row.users.begin(), row.users.end());
        }
        out.push_back(std::move(row));
    }
    std::sort(out.begin(), out.end(), [](const ImageRow& a, const ImageRow& b) {
        return a.ns != b.ns ? a.ns < b.ns : a.name < b.name;
    });
    return out;
}

} // namespace strata::actions
