// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/build.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/stack/health.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

// What a VM is made of: snapshots, copies, disks, size (KubeVirt api/snapshot, api/clone, api/core/v1;
// core/v1 PersistentVolumeClaim; CDI DataVolume).
namespace strata::actions {

using namespace provision;
using namespace stack;
using Kind = Predicate::Kind;

namespace {

constexpr const char* kSnapshots = "snapshot.kubevirt.io/v1beta1";
constexpr const char* kClones = "clone.kubevirt.io/v1beta1";
constexpr const char* kVolumes = "cdi.kubevirt.io/v1beta1";
constexpr int kCopySeconds = 3600;
constexpr int kPlugSeconds = 600;
constexpr std::int64_t kLeastDisk = 1 << 20;

const Json& at(const Json& json, const char* pointer)
{
    static const Json none;
    const Json::json_pointer place(pointer);
    return json.contains(place) ? json[place] : none;
}

std::string textOf(const Json& json, const char* pointer)
{
    const Json& value = at(json, pointer);
    return value.is_string() ? value.get<std::string>() : value.is_number() ? value.dump() : std::string();
}

bool runs(const VmiFact* vmi)
{
    return vmi != nullptr && vmi->phase != "Succeeded" && vmi->phase != "Failed";
}

bool running(const VmiFact* vmi)
{
    return vmi != nullptr && vmi->phase == "Running" && vmi->meta.deleting == 0;
}

Json reference(const char* kind, const std::string& name)
{
    return Json{{"apiGroup", "kubevirt.io"}, {"kind", kind}, {"name", name}};
}

// Null with questions, or an error: it is not there.
Result<const Object*> readVm(Builder& builder, const VmFact& vm)
{
    const Ref ref = refOf(vm.meta, "VirtualMachine");
    const Object* has = builder.read(Target::Outer, ref);
    if (has == nullptr && builder.asked(Target::Outer, ref))
        return refuse(say("%1 is not there, or may not be read.", {ref.title()}));
    return has;
}

// A machine of Cluster API follows its template, not its VM: whose it is, empty of other VMs.
std::string machineOf(const Builder& builder, ItemId id)
{
    return builder.stack().facts(id).machine != nullptr ? builder.stack().find(id)->tenant : std::string();
}

Result<void> snapshot(Builder& builder, ItemId id)
{
    const ItemFacts facts = builder.stack().facts(id);
    const VmFact& vm = *facts.vm;
    const auto has = readVm(builder, vm);
    if (!has)
        return tl::unexpected(has.error());
    const std::string name = builder.value(kName);
    if (!isObjectName(name))
        return refuse(say("“%1” cannot be the name of a snapshot: lower-case letters, digits and dashes.",
                          {cleanText(name, 80)}));
    if (*has == nullptr)
        return {};
    const Json& told = at((*has)->json(), "/status/volumeSnapshotStatuses");
    std::size_t kept = 0;
    std::size_t all = 0;
    if (told.is_array()) {
        for (const Json& each : told) {
            ++all;
            if (each.value("enabled", false)) {
                ++kept;
                continue;
            }
            builder.notice(say("Not in it: the volume %1. %2", {cleanText(textOf(each, "/name"), 80),
                                                                cleanText(textOf(each, "/reason"), 200)}));
        }
    }
    if (all > 0 && kept == 0)
        return refuse(say("None of its volumes can be kept in a snapshot."),
                      say("Their storage class needs a VolumeSnapshotClass of the same driver."));
    if (running(facts.vmi))
        builder.notice(
            isTrue(facts.vmi->conditions, "AgentConnected")
                ? say("Its guest agent holds the file systems still for a moment, so that what is kept "
                      "fits together.")
                : say("Without a guest agent the disks are kept as a power cut would leave them."));
    else
        builder.notice(say("Nobody: it does not run."));
    Object made(kSnapshots, "VirtualMachineSnapshot", vm.meta.ns, name);
    made.edit()["spec"]["source"] = reference("VirtualMachine", vm.meta.name);
    Step& step = builder.step(say("Take snapshot %1", {name}));
    step.timeoutSeconds = kCopySeconds;
    step.waits.push_back({Target::Outer,
                          provision::refOf(made),
                          say("The snapshot can be used"),
                          {{Kind::Field, "status.readyToUse", "true"}},
                          {{Kind::Field, "status.phase", "Failed"}}});
    step.writes.push_back({Verb::Create, Target::Outer, std::move(made)});
    return {};
}

Result<void> restore(Builder& builder, ItemId id)
{
    const VmFact& vm = *builder.stack().facts(id).vm;
    const std::vector<Object>* all =
        builder.list(Target::Outer, {kSnapshots, "VirtualMachineSnapshot", vm.meta.ns, {}}, {});
    if (all == nullptr)
        return {};
    std::vector<const Object*> usable;
    for (const Object& each : *all) {
        if (each.text("spec.source.name") == vm.meta.name && each.text("status.readyToUse") == "true" &&
            !each.deleting())
            usable.push_back(&each);
    }
    const auto taken = [](const Object& each) {
        const std::string at = each.text("status.creationTime").value_or("");
        return at.empty() ? each.text("metadata.creationTimestamp").value_or("") : at;
    };
    std::stable_sort(usable.begin(), usable.end(),
                     [&](const Object* a, const Object* b) { return taken(*a) > taken(*b); });
    for (const Object* each : usable)
        builder.help.choices[kSnapshot].push_back(
            {each->name(), cleanText(each->name() + " · " + taken(*each), 200)});
    if (usable.empty())
        return refuse(say("There is no snapshot of it that can be used."));
    const std::string wanted =
        builder.value(kSnapshot).empty() ? usable.front()->name() : builder.value(kSnapshot);
    const auto found = std::find_if(usable.begin(), usable.end(),
                                    [&](const Object* each) { return each->name() == wanted; });
    if (found == usable.end())
        return refuse(say("There is no snapshot %1 of it that can be used.", {cleanText(wanted, 80)}));
    Object made(kSnapshots, "VirtualMachineRestore", vm.meta.ns,
                vm.meta.name.substr(0, 45) + "-restore-" + newPlanId().substr(0, 5));
    made.edit()["spec"] = {{"target", reference("VirtualMachine", vm.meta.name)},
                           {"virtualMachineSnapshotName", wanted}};
    Step& step = builder.step(say("Restore %1 from %2", {vm.meta.ns + "/" + vm.meta.name, wanted}));
    step.timeoutSeconds = kCopySeconds;
    step.waits.push_back({Target::Outer,
                          provision::refOf(made),
                          say("The VM is restored"),
                          {{Kind::Field, "status.complete", "true"}},
                          {{Kind::Condition, "Failure", "True"}}});
    step.writes.push_back({Verb::Create, Target::Outer, std::move(made)});
    builder.typed = vm.meta.name;
    builder.notice(
        say("What was written to its disks after %1 is gone for good.", {cleanText(taken(**found), 40)}));
    if (const std::string tenant = machineOf(builder, id); !tenant.empty())
        builder.notice(
            say("It is a machine of tenant %1: its node comes back with what it knew then, certificates and "
                "etcd data included.",
                {tenant}));
    return {};
}

Result<void> clone(Builder& builder, ItemId id)
{
    const VmFact& vm = *builder.stack().facts(id).vm;
    const std::string name = builder.value(kName);
    if (!isObjectName(name))
        return refuse(say("“%1” cannot be the name of a VM: lower-case letters, digits and dashes.",
                          {cleanText(name, 80)}));
    const Ref ref{vm.meta.apiVersion, "VirtualMachine", vm.meta.ns, name};
    if (builder.read(Target::Outer, ref) != nullptr)
        return refuse(say("There is a VM %1 already.", {vm.meta.ns + "/" + name}));
    if (!builder.asked(Target::Outer, ref))
        return {};
    Object made(kClones, "VirtualMachineClone", vm.meta.ns,
                name.substr(0, 50) + "-" + newPlanId().substr(0, 5));
    made.edit()["spec"] = {{"source", reference("VirtualMachine", vm.meta.name)},
                           {"target", reference("VirtualMachine", name)}};
    // The copy belongs to no cluster, whatever the original does.
    const Json filters =
        Json::array({"*", "!cluster.x-k8s.io/*", "!capk.cluster.x-k8s.io/*", "!strata.dev/*"});
    made.edit()["spec"]["labelFilters"] = filters;
    made.edit()["spec"]["annotationFilters"] = filters;
    made.edit()["spec"]["template"]["labelFilters"] = filters;
    Step& step = builder.step(say("Clone %1 as %2", {vm.meta.ns + "/" + vm.meta.name, name}));
    step.timeoutSeconds = kCopySeconds;
    step.waits.push_back({Target::Outer,
                          provision::refOf(made),
                          say("The clone is there"),
                          {{Kind::Field, "status.phase", "Succeeded"}},
                          {{Kind::Field, "status.phase", "Failed"}}});
    Write write{Verb::Create, Target::Outer, std::move(made)};
    write.keep = true; // the order goes, the VM it has made stays
    step.writes.push_back(std::move(write));
    builder.notice(say("Nobody: the VM that is copied goes on. Its disks are copied by way of a snapshot."));
    if (vm.runStrategy == "Always")
        builder.notice(say("The copy starts by itself: its run strategy is Always, too."));
    if (const std::string tenant = machineOf(builder, id); !tenant.empty())
        builder.notice(say(
            "It is a machine of tenant %1: the copy starts with the same node's identity and is no machine "
            "of that cluster.",
            {tenant}));
    return {};
}

// Where hot-plugged disks are written: as a call, or into the VM itself where KubeVirt was told so.
bool plugsBySpec(const std::vector<Object>& kubevirts)
{
    for (const Object& each : kubevirts) {
        const Json& gates = at(each.json(), "/spec/configuration/developerConfiguration/featureGates");
        if (!gates.is_array())
            continue;
        const auto has = [&](const char* gate) {
            return std::find(gates.begin(), gates.end(), gate) != gates.end();
        };
        if (has("DeclarativeHotplugVolumes") && !has("HotplugVolumes"))
            return true;
    }
    return false;
}

Wait volumeWait(const VmFact& vm, const std::string& name, bool there)
{
    const std::string path = "status.volumeStatus.name=" + name + ".phase";
    return {Target::Outer,
            {vm.meta.apiVersion, "VirtualMachineInstance", vm.meta.ns, vm.meta.name},
            there ? say("The guest has the disk") : say("The guest no longer has the disk"),
            {{Kind::Field, path, there ? "Ready" : "0"}}};
}

Write plug(const VmFact& vm, const char* call, Json body)
{
    Write write;
    write.verb = Verb::Call;
    write.object = patchOf(vm.meta, "VirtualMachine");
    write.call = call;
    write.body = Object(std::move(body));
    return write;
}

// Lists are replaced as a whole by a merge patch: as they were read, with one entry more or less.
Write respec(const VmFact& vm, const Json& has, const std::string& name, const Json& disk, const Json& volume)
{
    Object patch = patchOf(vm.meta, "VirtualMachine");
    Object back(vm.meta.apiVersion, "VirtualMachine", vm.meta.ns, vm.meta.name);
    const auto lists = [&](const char* pointer, const Json& added) {
        Json list = at(has, pointer).is_array() ? at(has, pointer) : Json::array();
        Json out = Json::array();
        for (const Json& each : list) {
            if (textOf(each, "/name") != name)
                out.push_back(each);
        }
        if (!added.is_null())
            out.push_back(added);
        return std::pair(std::move(out), std::move(list));
    };
    const auto [disks, oldDisks] = lists("/spec/template/spec/domain/devices/disks", disk);
    const auto [volumes, oldVolumes] = lists("/spec/template/spec/volumes", volume);
    for (const auto& [object, d, v] :
         {std::tuple(&patch, &disks, &volumes), std::tuple(&back, &oldDisks, &oldVolumes)}) {
        Json& spec = object->edit()["spec"]["template"]["spec"];
        spec["domain"]["devices"]["disks"] = *d;
        spec["volumes"] = *v;
    }
    return change(std::move(patch), std::move(back));
}

Result<void> addVolume(Builder& builder, ItemId id)
{
    const ItemFacts facts = builder.stack().facts(id);
    const VmFact& vm = *facts.vm;
    const auto has = readVm(builder, vm);
    if (!has)
        return tl::unexpected(has.error());
    const std::vector<Object>* kubevirts =
        builder.list(Target::Outer, {vm.meta.apiVersion, "KubeVirt", {}, {}}, {});
    const std::string name = builder.value(kName);
    if (!isObjectName(name))
        return refuse(say("“%1” cannot be the name of a volume: lower-case letters, digits and dashes.",
                          {cleanText(name, 80)}));
    const std::string claim = builder.value(kClaim);
    const std::string size = builder.value(kDisk);
    const Object* existing = nullptr;
    const Ref claimRef{"v1", "PersistentVolumeClaim", vm.meta.ns, claim};
    if (!claim.empty()) {
        existing = builder.read(Target::Outer, claimRef);
        if (existing == nullptr && builder.asked(Target::Outer, claimRef))
            return refuse(say("%1 is not there, or may not be read.", {claimRef.title()}));
    } else if (const auto bytes = parseQuantity(size); !bytes || *bytes < kLeastDisk) {
        return refuse(say("“%1” is not the size of a disk; write it like 20Gi.", {cleanText(size, 40)}));
    }
    if (*has == nullptr || kubevirts == nullptr || (!claim.empty() && existing == nullptr))
        return {};
    const Json& volumes = at((*has)->json(), "/spec/template/spec/volumes");
    if (volumes.is_array()) {
        for (const Json& each : volumes) {
            if (textOf(each, "/name") == name)
                return refuse(say("It has a volume %1 already.", {name}));
            if (!claim.empty() && (textOf(each, "/dataVolume/name") == claim ||
                                   textOf(each, "/persistentVolumeClaim/claimName") == claim))
                return refuse(
                    say("It has that claim already, as %1.", {cleanText(textOf(each, "/name"), 80)}));
        }
    }
    std::string disk = claim;
    if (claim.empty()) {
        disk = vm.meta.name.substr(0, 40) + "-" + name.substr(0, 16);
        Object made(kVolumes, "DataVolume", vm.meta.ns, disk);
        Json& spec = made.edit()["spec"];
        spec["source"]["blank"] = Json::object();
        spec["storage"]["resources"]["requests"]["storage"] = size;
        if (const std::string kind = builder.value(kStorageClass); !kind.empty())
            spec["storage"]["storageClassName"] = kind;
        Step& step = builder.step(say("Make the disk %1 of %2", {disk, size}));
        step.timeoutSeconds = kPlugSeconds;
        step.waits.push_back({Target::Outer,
                              provision::refOf(made),
                              say("The disk is there"),
                              {{Kind::Field, "status.phase", "Succeeded"},
                               {Kind::Field, "status.phase", "WaitForFirstConsumer"},
                               {Kind::Field, "status.phase", "PendingPopulation"}},
                              {{Kind::Field, "status.phase", "Failed"}}});
        step.writes.push_back({Verb::Create, Target::Outer, std::move(made)});
    } else {
        const Json& modes = at(existing->json(), "/spec/accessModes");
        const bool shared =
            modes.is_array() && std::find(modes.begin(), modes.end(), "ReadWriteMany") != modes.end();
        if (!shared && running(facts.vmi))
            builder.notice(say("%1 is not shared: with it the VM cannot be migrated live.", {claim}));
    }
    const bool data = claim.empty();
    const Json diskJson = {{"name", name}, {"serial", name}, {"disk", {{"bus", "scsi"}}}};
    const Json source = data ? Json{{"dataVolume", {{"name", disk}, {"hotpluggable", true}}}}
                             : Json{{"persistentVolumeClaim", {{"claimName", disk}, {"hotpluggable", true}}}};
    Step& step = builder.step(say("Add %1 to %2", {name, vm.meta.ns + "/" + vm.meta.name}));
    step.timeoutSeconds = kPlugSeconds;
    if (plugsBySpec(*kubevirts)) {
        Json volume = source;
        volume["name"] = name;
        step.writes.push_back(respec(vm, (*has)->json(), name, diskJson, volume));
    } else {
        step.writes.push_back(
            plug(vm, "addvolume", {{"name", name}, {"disk", diskJson}, {"volumeSource", source}}));
    }
    if (running(facts.vmi))
        step.waits.push_back(volumeWait(vm, name, true));
    builder.notice(running(facts.vmi)
                       ? say("Nobody: the guest sees a disk more, with the serial number %1.", {name})
                       : say("Nobody: it does not run. The disk is there at its next start."));
    if (const std::string tenant = machineOf(builder, id); !tenant.empty())
        builder.notice(
            say("It is a machine of tenant %1: when it is replaced, its successor does not have the disk.",
                {tenant}));
    return {};
}

Result<void> removeVolume(Builder& builder, ItemId id)
{
    const ItemFacts facts = builder.stack().facts(id);
    const VmFact& vm = *facts.vm;
    const auto has = readVm(builder, vm);
    if (!has)
        return tl::unexpected(has.error());
    const std::vector<Object>* kubevirts =
        builder.list(Target::Outer, {vm.meta.apiVersion, "KubeVirt", {}, {}}, {});
    if (*has == nullptr || kubevirts == nullptr)
        return {};
    const std::string wanted = builder.value(kVolume);
    std::string fixed;
    const Json& volumes = at((*has)->json(), "/spec/template/spec/volumes");
    if (volumes.is_array()) {
        for (const Json& each : volumes) {
            const std::string name = cleanText(textOf(each, "/name"), 80);
            const bool plugged = at(each, "/dataVolume/hotpluggable") == true ||
                                 at(each, "/persistentVolumeClaim/hotpluggable") == true;
            std::string claim = textOf(each, "/dataVolume/name");
            if (claim.empty())
                claim = textOf(each, "/persistentVolumeClaim/claimName");
            if (plugged)
                builder.help.choices[kVolume].push_back({name, name + " · " + cleanText(claim, 120)});
            else if (name == wanted)
                fixed = name;
        }
    }
    const std::vector<Choice>& choices = builder.help.choices[kVolume];
    if (!fixed.empty())
        return refuse(say("%1 was not added while it ran: it is part of the VM.", {fixed}));
    if (choices.empty())
        return refuse(say("It has no volume that was added while it ran."));
    const std::string name = wanted.empty() ? choices.front().value : wanted;
    if (std::none_of(choices.begin(), choices.end(), [&](const Choice& each) { return each.value == name; }))
        return refuse(say("It has no volume %1.", {cleanText(name, 80)}));
    Step& step = builder.step(say("Take %1 from %2", {name, vm.meta.ns + "/" + vm.meta.name}));
    step.timeoutSeconds = kPlugSeconds;
    step.writes.push_back(plugsBySpec(*kubevirts) ? respec(vm, (*has)->json(), name, Json(), Json())
                                                  : plug(vm, "removevolume", {{"name", name}}));
    if (running(facts.vmi))
        step.waits.push_back(volumeWait(vm, name, false));
    builder.notice(
        say("What uses %1 inside of the guest loses it at once: unmount it there first. What it holds "
            "stays in its claim.",
            {name}));
    return {};
}

Result<void> expandDisk(Builder& builder, ItemId id)
{
    const ItemFacts facts = builder.stack().facts(id);
    const VmFact& vm = *facts.vm;
    std::vector<Choice>& choices = builder.help.choices[kVolume];
    std::vector<std::string> claims;
    if (facts.vmi != nullptr) {
        for (const Volume& volume : facts.vmi->volumes) {
            if (volume.claim.empty())
                continue;
            claims.push_back(volume.claim);
            choices.push_back({volume.claim, volume.name + " · " + volume.claim +
                                                 (volume.sizeBytes > 0 ? " · " + formatBytes(volume.sizeBytes)
                                                                       : std::string())});
        }
    }
    for (const SharedText& claim : vm.claims) {
        if (std::find(claims.begin(), claims.end(), claim) == claims.end()) {
            claims.push_back(claim);
            choices.push_back({claim, claim});
        }
    }
    if (claims.empty())
        return refuse(say("None of its disks is in a claim: it cannot be made larger."));
    std::string claim = builder.value(kVolume);
    if (claim.empty())
        claim = claims.front();
    if (facts.vmi != nullptr) { // by the volume's name, too
        for (const Volume& volume : facts.vmi->volumes) {
            if (volume.name == claim && !volume.claim.empty())
                claim = volume.claim;
        }
    }
    if (std::find(claims.begin(), claims.end(), claim) == claims.end())
        return refuse(say("It has no disk %1.", {cleanText(claim, 80)}));
    const Ref ref{"v1", "PersistentVolumeClaim", vm.meta.ns, claim};
    const Object* has = builder.read(Target::Outer, ref);
    if (has == nullptr) {
        if (builder.asked(Target::Outer, ref))
            return refuse(say("%1 is not there, or may not be read.", {ref.title()}));
        return {};
    }
    const std::string now = has->text("spec.resources.requests.storage").value_or("");
    builder.help.now[kDisk] = now;
    const std::string kind = has->text("spec.storageClassName").value_or("");
    const Ref classRef{"storage.k8s.io/v1", "StorageClass", {}, kind};
    const Object* storageClass = kind.empty() ? nullptr : builder.read(Target::Outer, classRef);
    if (!kind.empty() && storageClass == nullptr && !builder.asked(Target::Outer, classRef))
        return {};
    if (storageClass != nullptr && storageClass->text("allowVolumeExpansion") != "true")
        return refuse(say("The storage class %1 does not let a claim grow.", {cleanText(kind, 80)}),
                      say("Its administrator can set allowVolumeExpansion where the driver can do it."));
    if (storageClass == nullptr)
        builder.notice(say("Whether its storage class lets a claim grow is not known."));
    const std::string size = builder.value(kDisk);
    const auto wanted = parseQuantity(size);
    const auto before = parseQuantity(now);
    if (!wanted || *wanted < kLeastDisk)
        return refuse(say("“%1” is not the size of a disk; write it like 20Gi.", {cleanText(size, 40)}));
    if (before && *wanted <= *before)
        return refuse(say("It has %1 already; a disk can only grow.", {cleanText(now, 40)}));
    Step& step = builder.step(say("Expand %1 from %2 to %3", {claim, cleanText(now, 40), size}));
    step.timeoutSeconds = kPlugSeconds;
    Object patch("v1", "PersistentVolumeClaim", vm.meta.ns, claim);
    patch.edit()["metadata"]["uid"] = has->uid();
    patch.edit()["spec"]["resources"]["requests"]["storage"] = size;
    step.writes.push_back(change(std::move(patch)));
    step.waits.push_back({Target::Outer,
                          ref,
                          say("The claim has its new size"),
                          {{Kind::Field, "status.capacity.storage", size},
                           {Kind::Condition, "FileSystemResizePending", "True"}}});
    builder.notice(
        runs(facts.vmi)
            ? say("Nobody: the disk grows while it is used. The guest sees it at its next start at the "
                  "latest, and has to enlarge its file system.")
            : say("Nobody: it does not run. The guest has to enlarge its file system."));
    builder.notice(say("There is no way back: a disk cannot be made smaller."));
    if (const std::string tenant = machineOf(builder, id); !tenant.empty())
        builder.notice(
            say("It is a machine of tenant %1: its successor is made with the disk that its template names.",
                {tenant}));
    return {};
}

Result<void> resizeVm(Builder& builder, ItemId id)
{
    const ItemFacts facts = builder.stack().facts(id);
    const VmFact& vm = *facts.vm;
    const VmiFact* vmi = facts.vmi;
    const auto has = readVm(builder, vm);
    if (!has)
        return tl::unexpected(has.error());
    const std::vector<Object>* kubevirts =
        builder.list(Target::Outer, {vm.meta.apiVersion, "KubeVirt", {}, {}}, {});
    if (*has == nullptr || kubevirts == nullptr)
        return {};
    const Json& machine = (*has)->json();
    if (const std::string type = textOf(machine, "/spec/instancetype/name"); !type.empty())
        return refuse(say("Its CPUs and memory come from the instance type %1.", {cleanText(type, 80)}));
    const Json& domain = at(machine, "/spec/template/spec/domain");
    const auto part = [&](const char* pointer) {
        const Json& value = at(domain, pointer);
        return value.is_number_integer() ? std::max<std::int64_t>(value.get<std::int64_t>(), 1)
                                         : std::int64_t{1};
    };
    const std::int64_t perSocket = part("/cpu/cores") * part("/cpu/threads");
    const std::int64_t sockets = part("/cpu/sockets");
    const std::string memoryNow = textOf(domain, "/memory/guest");
    builder.help.now[kCpus] = std::to_string(perSocket * sockets);
    builder.help.now[kMemory] = cleanText(memoryNow, 40);
    const std::string cpus = builder.value(kCpus);
    const std::string memory = builder.value(kMemory);
    if (cpus.empty() && memory.empty())
        return refuse(say("What shall be otherwise? CPUs or memory."));
    std::int64_t wanted = perSocket * sockets;
    if (!cpus.empty()) {
        const auto [end, error] = std::from_chars(cpus.data(), cpus.data() + cpus.size(), wanted);
        if (error != std::errc() || end != cpus.data() + cpus.size() || wanted < 1 || wanted > 512)
            return refuse(say("How many CPUs? A number from 1 to %1.", {"512"}));
    }
    const std::int64_t bytes = memory.empty() ? 0 : parseQuantity(memory).value_or(-1);
    if (!memory.empty() && bytes < (1 << 26))
        return refuse(
            say("“%1” is not a size of %2; write it like 8Gi.", {cleanText(memory, 40), say("memory")}));
    const auto bytesNow = parseQuantity(memoryNow);
    const bool otherCpus = wanted != perSocket * sockets;
    const bool otherMemory = bytes > 0 && bytes != bytesNow;
    if (!otherCpus && !otherMemory)
        return refuse(say("It has that size already."));

    Object patch = patchOf(vm.meta, "VirtualMachine");
    Object back(vm.meta.apiVersion, "VirtualMachine", vm.meta.ns, vm.meta.name);
    Json& to = patch.edit()["spec"]["template"]["spec"]["domain"];
    Json& from = back.edit()["spec"]["template"]["spec"]["domain"];
    bool live = running(vmi);
    std::vector<std::string> why;
    const auto notLive = [&](std::string sentence) {
        live = false;
        why.push_back(std::move(sentence));
    };
    std::int64_t newSockets = sockets;
    if (otherCpus) {
        if (wanted % perSocket == 0) {
            newSockets = wanted / perSocket;
            to["cpu"]["sockets"] = newSockets;
            from["cpu"]["sockets"] = at(domain, "/cpu/sockets").is_number() ? Json(sockets) : Json(nullptr);
            const Json& most = at(domain, "/cpu/maxSockets");
            if (most.is_number_integer() && newSockets > most.get<std::int64_t>())
                notLive(say("More than the %1 sockets it was started for.", {most.dump()}));
            if (newSockets < sockets)
                notLive(say("CPUs are not taken away while it runs."));
        } else {
            to["cpu"]["cores"] = wanted;
            to["cpu"]["sockets"] = 1;
            to["cpu"]["threads"] = 1;
            for (const char* name : {"cores", "sockets", "threads"})
                from["cpu"][name] = domain.contains("cpu") && domain["cpu"].contains(name)
                                        ? domain["cpu"][name]
                                        : Json(nullptr);
            notLive(
                say("%1 CPUs are not a whole number of its sockets of %2: only sockets can be added while it "
                    "runs.",
                    {std::to_string(wanted), std::to_string(perSocket)}));
        }
    }
    if (otherMemory) {
        to["memory"]["guest"] = memory;
        from["memory"]["guest"] = memoryNow.empty() ? Json(nullptr) : Json(memoryNow);
        const auto most = parseQuantity(textOf(domain, "/memory/maxGuest"));
        if (most && bytes > *most)
            notLive(say("More than the %1 of memory it was started for.", {formatBytes(*most)}));
        if (bytesNow && bytes < *bytesNow)
            notLive(say("Memory is not taken away while it runs."));
    }
    std::string strategy;
    for (const Object& each : *kubevirts)
        strategy = each.text("spec.configuration.vmRolloutStrategy").value_or(strategy);
    if (running(vmi)) {
        if (strategy != "LiveUpdate")
            notLive(kubevirts->empty() ? say("Whether KubeVirt changes it while it runs is not known.")
                                       : say("KubeVirt is not told to change VMs while they run "
                                             "(vmRolloutStrategy is not LiveUpdate)."));
        if (!isTrue(vmi->conditions, "LiveMigratable"))
            notLive(say("It cannot be migrated live, which such a change needs."));
    }
    const std::string name = vm.meta.ns + "/" + vm.meta.name;
    Step& step = builder.step(say("Change the size of %1", {name}));
    step.timeoutSeconds = kCopySeconds;
    step.writes.push_back(change(std::move(patch), std::move(back)));
    const Ref instance{vm.meta.apiVersion, "VirtualMachineInstance", vm.meta.ns, vm.meta.name};
    if (live && otherCpus)
        step.waits.push_back(
            {Target::Outer,
             instance,
             say("The guest has %1 CPUs", {std::to_string(wanted)}),
             {{Kind::Field, "status.currentCPUTopology.sockets", std::to_string(newSockets)}}});
    if (live && otherMemory)
        step.waits.push_back({Target::Outer,
                              instance,
                              say("The guest has %1 of memory", {memory}),
                              {{Kind::Field, "status.memory.guestCurrent", memory}}});
    if (live) {
        builder.notice(
            say("It is migrated live to another node, where it has its new size; the guest stands still "
                "for a moment at the end."));
    } else if (running(vmi)) {
        builder.notice(say("Nobody now: it takes effect when it is restarted."));
        for (std::string& sentence : why)
            builder.notice(std::move(sentence));
    } else {
        builder.notice(say("Nobody: it does not run. It starts with its new size."));
    }
    if (const std::string tenant = machineOf(builder, id); !tenant.empty())
        builder.notice(say("It is a machine of tenant %1: its successor is made with the size that its "
                           "template names. Change "
                           "the pool instead.",
                           {tenant}));
    return {};
}

} // namespace

std::string vmChangeWhyNot(const Stack& stack, Action action, ItemId id)
{
    const ItemFacts facts = stack.facts(id);
    if (facts.vm == nullptr)
        return say("It is an instance without a VirtualMachine: there is nothing that could be changed.");
    if (facts.vm->meta.deleting != 0)
        return say("It is being deleted.");
    if (action == Action::RestoreVm && runs(facts.vmi))
        return say("It runs: stop it first. A snapshot is restored into a VM that is down.");
    if (facts.vmi != nullptr && !facts.vmi->migrationTarget.empty())
        return say("It is being migrated.");
    return {};
}

Result<void> vmChangePlan(Builder& builder)
{
    const Request& request = builder.request();
    const ItemId id = request.items.front();
    const Item& item = *builder.stack().find(id);
    const std::string name = item.ns + "/" + item.name;
    builder.plan.ns = item.ns;
    switch (request.action) {
    case Action::SnapshotVm:
        builder.plan.title = say("Take a snapshot of %1", {name});
        return snapshot(builder, id);
    case Action::RestoreVm:
        builder.plan.title = say("Restore %1 from a snapshot", {name});
        return restore(builder, id);
    case Action::CloneVm:
        builder.plan.title = say("Clone %1", {name});
        return clone(builder, id);
    case Action::AddVolume:
        builder.plan.title = say("Add a volume to %1", {name});
        return addVolume(builder, id);
    case Action::RemoveVolume:
        builder.plan.title = say("Remove a volume from %1", {name});
        return removeVolume(builder, id);
    case Action::ExpandDisk:
        builder.plan.title = say("Expand a disk of %1", {name});
        return expandDisk(builder, id);
    case Action::ResizeVm:
        builder.plan.title = say("Change CPUs or memory of %1", {name});
        return resizeVm(builder, id);
    default:
        return refuse(say("That cannot be done to a VM."));
    }
}

} // namespace strata::actions
