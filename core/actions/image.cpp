// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/image.h"

#include "core/actions/build.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace strata::actions {

using namespace provision;
using Kind = Predicate::Kind;

namespace {

constexpr int kImportSeconds = 4 * 3600;
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
