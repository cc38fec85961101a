// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/rule.h"
#include "core/stack/health.h"

#include <charconv>

// Group C: the volumes of a VM, filled by CDI (containerized-data-importer pkg/controller/datavolume).
namespace strata::diagnosis {
namespace {

using stack::Condition;
using stack::ObjectFact;

constexpr UnixMs kMinute = 60 * 1000;

Proof volumeProof(const Subject& s, const ObjectFact& object, bool claim, std::string field,
                  std::string value, UnixMs since = 0)
{
    return {stack::objectRef(s.item.source, object.meta, claim ? "persistentvolumeclaims" : "datavolumes",
                             claim ? "PersistentVolumeClaim" : "DataVolume"),
            std::move(field), std::move(value), since};
}

Proof volumeProof(const Subject& s, const ObjectFact& object, bool claim, const Condition& condition)
{
    std::string value = condition.status;
    if (!condition.reason.empty())
        value += " · " + condition.reason;
    if (!condition.message.empty())
        value += ": " + condition.message;
    return volumeProof(s, object, claim, "status.conditions[" + condition.type + "]", std::move(value),
                       condition.since);
}

std::int64_t number(const ObjectFact& object, const char* field)
{
    const auto found = object.fields.find(field);
    std::int64_t value = 0;
    if (found != object.fields.end())
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
    return value;
}

bool waitsForConsumer(const ObjectFact& volume) // C1: normal
{
    return volume.phase == "WaitForFirstConsumer" || volume.phase == "PendingPopulation";
}

// The first DataVolume of which `matches` holds.
template<typename Matches>
std::optional<Finding> onVolume(const Subject& s, Matches matches)
{
    for (const ObjectFact* volume : s.facts.dataVolumes) {
        if (volume->meta.deleting != 0 || volume->phase == "Succeeded" || waitsForConsumer(*volume))
            continue;
        if (std::optional<Finding> found = matches(*volume))
            return found;
    }
    return std::nullopt;
}

// A condition with one of the reasons, on any unfinished DataVolume.
std::optional<Finding> onReason(const Subject& s, const char* type, const char* reason, UnixMs age,
                                const char* rule, Severity severity, const char* title, const char* remedy)
{
    return onVolume(s, [&](const ObjectFact& volume) -> std::optional<Finding> {
        const Condition* condition = conditionWith(volume.conditions, type, "False");
        if (condition == nullptr || condition->reason != reason)
            return std::nullopt;
        if (age > 0 && !olderThan(s, condition->since != 0 ? condition->since : volume.meta.created, age))
            return std::nullopt;
        return finding(s, rule, severity, tr(title, {volume.meta.name, s.item.name}), tr(remedy),
                       volumeProof(s, volume, false, *condition));
    });
}

std::optional<Finding> noClaim(const Subject& s)
{
    return onReason(s, "Bound", "NotFound", 2 * kMinute, "C2", Severity::Critical,
                    "No claim is made for volume %1 of VM %2",
                    "See the DataVolume's events: mostly a storage class that does not exist, or a quota.");
}

// B7 as one VM meets it.
std::optional<Finding> claimNotValid(const Subject& s)
{
    if (vmRuns(s))
        return std::nullopt;
    const ObjectFact* event = warningOf(s, {"ErrClaimNotValid"}, 15 * kMinute);
    if (event == nullptr)
        return std::nullopt;
    return finding(
        s, "B7", Severity::Critical, tr("CDI cannot make a claim for a volume of VM %1", {s.item.name}),
        tr("Set spec.claimPropertySets of the class's StorageProfile, or give the volume a class that is "
           "there, and its access mode."),
        eventProof(s, *event));
}

std::optional<Finding> claimPends(const Subject& s)
{
    if (const ObjectFact* event =
            vmRuns(s) ? nullptr : warningOf(s, {"ProvisioningFailed", "FailedBinding"}, 15 * kMinute))
        return finding(s, "C3", Severity::Critical,
                       tr("No storage is provided for a volume of VM %1", {s.item.name}),
                       tr("See the claim's events, its storage class and the pods of the storage driver."),
                       eventProof(s, *event));
    if (std::optional<Finding> found = onReason(s, "Bound", "Pending", 5 * kMinute, "C3", Severity::Critical,
                                                "The claim of volume %1 of VM %2 is not bound",
                                                "See the claim's events and the pods of the storage driver."))
        return found;
    // A claim that no DataVolume fills, while its VM waits for it.
    if (s.facts.vmi == nullptr || s.facts.vmi->phase == "Running")
        return std::nullopt;
    for (const ObjectFact* claim : s.facts.claims) {
        if (claim->phase == "Pending" && claim->meta.deleting == 0 &&
            olderThan(s, s.facts.vmi->meta.created, 5 * kMinute))
            return finding(
                s, "C3", Severity::Critical,
                tr("The claim of volume %1 of VM %2 is not bound", {claim->meta.name, s.item.name}),
                tr("See the claim's events and the pods of the storage driver."),
                volumeProof(s, *claim, true, "status.phase", claim->phase));
    }
    return std::nullopt;
}

bool speaksOfQuota(const Condition& condition)
{
    return condition.message.find("exceeded quota") != std::string::npos ||
           condition.message.find("exceeds quota") != std::string::npos;
}

// C4, as far as conditions repeat what the API server said.
std::optional<Finding> quotaExceeded(const Subject& s)
{
    const std::string remedy =
        tr("Raise the namespace's ResourceQuota; scratch volumes of an import count, too.");
    if (s.facts.vm != nullptr) {
        for (const Condition& condition : s.facts.vm->conditions) {
            if (speaksOfQuota(condition))
                return finding(s, "C4", Severity::Critical,
                               tr("The quota of %1 has no room for VM %2", {s.item.ns, s.item.name}), remedy,
                               conditionProof(s, "VirtualMachine", condition));
        }
    }
    std::optional<Finding> told = onVolume(s, [&](const ObjectFact& volume) -> std::optional<Finding> {
        for (const Condition& condition : volume.conditions) {
            if (speaksOfQuota(condition))
                return finding(s, "C4", Severity::Critical,
                               tr("The quota of %1 has no room for volume %2 of VM %3",
                                  {s.item.ns, volume.meta.name, s.item.name}),
                               remedy, volumeProof(s, volume, false, condition));
        }
        return std::nullopt;
    });
    if (told || vmRuns(s))
        return told;
    const ObjectFact* event =
        warningOf(s, {"ErrExceededQuota", "FailedDataVolumeImport", "FailedDataVolumeCreate", "FailedCreate"},
                  15 * kMinute);
    if (event == nullptr || (fieldOf(*event, "reason") != "ErrExceededQuota" &&
                             fieldOf(*event, "message").find("quota") == std::string::npos))
        return std::nullopt;
    return finding(s, "C4", Severity::Critical,
                   tr("The quota of %1 has no room for VM %2", {s.item.ns, s.item.name}), remedy,
                   eventProof(s, *event));
}

// C12: what holds a clone back is said in events only (CDI pkg/controller/clone, VM controller).
std::optional<Finding> cloneBlocked(const Subject& s)
{
    if (vmRuns(s))
        return std::nullopt;
    const ObjectFact* event =
        warningOf(s,
                  {"CloneSourceInUse", "CloneValidationFailed", "CloneWithoutSource", "NoVolumeSnapshotClass",
                   "IncompatibleVolumeModes", "IncompatibleProvisioners", "NoVolumeExpansion",
                   "UnauthorizedDataVolumeCreate", "SourcePVCNotAvailabe", "SourcePVCNotAvailable"},
                  15 * kMinute);
    if (event == nullptr)
        return std::nullopt;
    const std::string reason = fieldOf(*event, "reason");
    const char* remedy =
        mark("Give it a source it can read: the right name and namespace, of the same volume mode.");
    if (reason == "CloneSourceInUse")
        remedy = mark("Stop what uses the source, or clone from a snapshot of it.");
    else if (reason == "UnauthorizedDataVolumeCreate")
        remedy = mark("Grant create on datavolumes/source in the namespace of the source.");
    else if (reason == "NoVolumeSnapshotClass")
        remedy =
            mark("Install a VolumeSnapshotClass for the storage driver, or let CDI copy through a host.");
    return finding(s, "C12", Severity::Critical,
                   tr("A volume of VM %1 cannot be cloned from its source", {s.item.name}),
                   tr(marked(remedy)), eventProof(s, *event));
}

std::optional<Finding> importerUnschedulable(const Subject& s)
{
    return onReason(s, "Running", "Unschedulable", 0, "C5", Severity::Critical,
                    "No node takes the importer of volume %1 of VM %2",
                    "Look at taints and selectors of the nodes and at CDI's workload placement.");
}

std::optional<Finding> importerImage(const Subject& s)
{
    return onReason(s, "Running", "ImagePullFailed", 0, "C6", Severity::Critical,
                    "The image for volume %1 of VM %2 cannot be pulled",
                    "Check the image's name, its credentials and that the cluster reaches its registry.");
}

std::optional<Finding> imageTooLarge(const Subject& s)
{
    return onVolume(s, [&](const ObjectFact& volume) -> std::optional<Finding> {
        for (const Condition& condition : volume.conditions) {
            if (condition.message.find("DataVolume too small to contain image") != std::string::npos)
                return finding(
                    s, "C7", Severity::Critical,
                    tr("Volume %1 of VM %2 is smaller than its image", {volume.meta.name, s.item.name}),
                    tr("Make it as large as the image's virtual size and the file system's overhead."),
                    volumeProof(s, volume, false, condition));
        }
        return std::nullopt;
    });
}

std::optional<Finding> importFails(const Subject& s)
{
    constexpr std::int64_t often = 3;
    return onVolume(s, [&](const ObjectFact& volume) -> std::optional<Finding> {
        const std::int64_t restarts = number(volume, "restartCount");
        if (volume.phase != "Failed" && restarts < often)
            return std::nullopt;
        const Condition* running = stack::findCondition(volume.conditions, "Running");
        return finding(s, "C8", Severity::Critical,
                       volume.phase == "Failed"
                           ? tr("Volume %1 of VM %2 could not be filled", {volume.meta.name, s.item.name})
                           : tr("The import of volume %1 of VM %2 fails again and again",
                                {volume.meta.name, s.item.name}),
                       tr("Read the importer's log, and try the source's address from inside the cluster."),
                       running != nullptr && !running->message.empty()
                           ? volumeProof(s, volume, false, *running)
                           : volumeProof(s, volume, false, "status.restartCount", std::to_string(restarts)));
    });
}

std::optional<Finding> importerOutOfMemory(const Subject& s)
{
    for (const ObjectFact* claim : s.facts.claims) {
        const auto direct = claim->fields.find("requiresDirectIo");
        if (direct != claim->fields.end() && direct->second == "true" && claim->phase != "Bound")
            return finding(
                s, "C9", Severity::Warning,
                tr("The importer of volume %1 of VM %2 ran out of memory", {claim->meta.name, s.item.name}),
                tr("Give CDI's pods more memory (podResourceRequirements of the CDI resource)."),
                volumeProof(s, *claim, true,
                            "metadata.annotations[cdi.kubevirt.io/storage.import.requiresDirectIo]",
                            direct->second));
    }
    return std::nullopt;
}

std::optional<Finding> scratchMissing(const Subject& s)
{
    return onReason(s, "Running", "Scratch space required", 2 * kMinute, "C10", Severity::Critical,
                    "The import of volume %1 of VM %2 needs scratch space",
                    "Set scratchSpaceStorageClass in the CDI resource: archives and qcow2 files need it.");
}

std::optional<Finding> claimLost(const Subject& s)
{
    for (const ObjectFact* claim : s.facts.claims) {
        if (claim->phase == "Lost")
            return finding(
                s, "C11", Severity::Critical,
                tr("The storage behind volume %1 of VM %2 is lost", {claim->meta.name, s.item.name}),
                tr("Restore the persistent volume, or create the disk again."),
                volumeProof(s, *claim, true, "status.phase", claim->phase));
    }
    return onReason(s, "Bound", "ClaimLost", 0, "C11", Severity::Critical,
                    "The storage behind volume %1 of VM %2 is lost",
                    "Restore the persistent volume, or create the disk again.");
}

std::optional<Finding> uploadStuck(const Subject& s)
{
    return onVolume(s, [&](const ObjectFact& volume) -> std::optional<Finding> {
        if (volume.phase != "UploadScheduled" || !olderThan(s, volume.meta.created, 10 * kMinute))
            return std::nullopt;
        return finding(
            s, "C13", Severity::Warning,
            tr("The upload into volume %1 of VM %2 does not get ready", {volume.meta.name, s.item.name}),
            tr("Look at the upload pod and at cdi-uploadproxy."),
            volumeProof(s, volume, false, "status.phase", volume.phase));
    });
}

} // namespace

std::vector<Rule> volumeRules()
{
    return {quotaExceeded, claimLost,    imageTooLarge,  importerImage, importerUnschedulable,
            noClaim,       claimPends,   scratchMissing, importFails,   importerOutOfMemory,
            uploadStuck,   cloneBlocked, claimNotValid};
}

} // namespace strata::diagnosis
