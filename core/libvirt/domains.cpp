// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/domains.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/libvirt/connection.h"
#include "core/libvirt/errors.h"
#include "core/libvirt/reading.h"
#include "core/libvirt/xml.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

namespace strata::virt {
namespace {

constexpr std::size_t kMostDocuments = 1000; // of one list: beyond it rows are told without their documents
constexpr std::size_t kMostSnapshots = 500;

struct FreeText {
    void operator()(char* text) const { std::free(text); }
};
using Text = std::unique_ptr<char, FreeText>;

struct FreeSnapshot {
    void operator()(virDomainSnapshot* snapshot) const { virDomainSnapshotFree(snapshot); }
};
using SnapshotPtr = std::unique_ptr<virDomainSnapshot, FreeSnapshot>;

struct FreeVolume {
    void operator()(virStorageVol* volume) const { virStorageVolFree(volume); }
};
struct FreePool {
    void operator()(virStoragePool* pool) const { virStoragePoolFree(pool); }
};
using VolumePtr = std::unique_ptr<virStorageVol, FreeVolume>;
using PoolPtr = std::unique_ptr<virStoragePool, FreePool>;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Domains", text), values);
}

tl::unexpected<Error> refuse(std::string text, std::string detail = {})
{
    return fail(ErrorKind::Refused, std::move(text), std::move(detail));
}

// libvirt's last error, with its words for what it does not like about a document or a state: they are the
// answer.
Error problem(const HostUri& parts)
{
    const virError* last = virGetLastError();
    const int code = last == nullptr ? VIR_ERR_INTERNAL_ERROR : last->code;
    const std::string words = lastLibvirtMessage();
    switch (code) {
    case VIR_ERR_XML_ERROR:
    case VIR_ERR_XML_DETAIL:
    case VIR_ERR_XML_INVALID_SCHEMA:
    case VIR_ERR_OS_TYPE:
    case VIR_ERR_CONFIG_UNSUPPORTED:
        return {ErrorKind::Invalid, say("libvirt does not accept this document."), words, 0, 0};
    case VIR_ERR_OPERATION_INVALID:
    case VIR_ERR_OPERATION_FAILED:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_INVALID_ARG:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
        return {ErrorKind::Refused, arguments(say("libvirt on host %1 does not do this."), {nameOf(parts)}),
                words, 0, 0};
    case VIR_ERR_NO_SUPPORT:
        return {ErrorKind::Refused,
                arguments(say("The hypervisor of host %1 cannot do this."), {nameOf(parts)}), words, 0, 0};
    case VIR_ERR_NO_DOMAIN_SNAPSHOT:
        return {ErrorKind::NotFound, say("There is no snapshot of that name any more."), words, 0, 0};
    default:
        return lastLibvirtError(parts, true);
    }
}

DomainPtr lookUp(virConnectPtr c, const std::string& domain)
{
    if (domain.size() == VIR_UUID_STRING_BUFLEN - 1)
        if (DomainPtr found{virDomainLookupByUUIDString(c, domain.c_str())})
            return found;
    return DomainPtr(virDomainLookupByName(c, domain.c_str()));
}

std::string uuidOf(virDomainPtr domain)
{
    std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
    return virDomainGetUUIDString(domain, uuid.data()) < 0 ? std::string() : toLower(uuid.data());
}

std::string documentOf(virDomainPtr domain, unsigned flags)
{
    const Text xml(virDomainGetXMLDesc(domain, flags));
    return xml ? std::string(xml.get()) : std::string();
}

void fillRow(virDomainPtr domain, DomainRow& row, const std::string& xml)
{
    row.managedSave = virDomainHasManagedSaveImage(domain, 0) == 1;
    row.snapshots = virDomainSnapshotNum(domain, 0);
    row.keeper = keeperOf(xml);
    const xml::Document document = xml::parse(xml);
    row.title = xml::text(xml::child(xml::root(document, "domain"), "title"));
}

Result<std::vector<DomainRow>> readRows(virConnectPtr c, const HostUri& parts)
{
    Result<std::vector<DomainFacts>> all = readDomains(c, parts);
    if (!all)
        return tl::unexpected<Error>(all.error());
    std::vector<DomainRow> rows;
    for (DomainFacts& facts : *all) {
        DomainRow row;
        row.facts = std::move(facts);
        if (rows.size() < kMostDocuments)
            if (const DomainPtr domain{virDomainLookupByUUIDString(c, row.facts.uuid.c_str())})
                fillRow(domain.get(), row, documentOf(domain.get(), 0));
        rows.push_back(std::move(row));
    }
    std::sort(rows.begin(), rows.end(),
              [](const DomainRow& a, const DomainRow& b) { return a.facts.name < b.facts.name; });
    return rows;
}

Snapshot describe(virDomainSnapshotPtr snapshot)
{
    Snapshot out;
    const Text xml(virDomainSnapshotGetXMLDesc(snapshot, 0));
    const xml::Document document = xml::parse(xml ? xml.get() : "");
    xmlNode* root = xml::root(document, "domainsnapshot");
    out.name = xml::text(xml::child(root, "name"));
    if (out.name.empty())
        out.name = cleanText(virDomainSnapshotGetName(snapshot));
    out.parent = xml::text(xml::child(xml::child(root, "parent"), "name"));
    out.description = xml::text(xml::child(root, "description"));
    out.state = xml::text(xml::child(root, "state"));
    out.createdAt = xml::number(xml::text(xml::child(root, "creationTime"))) * 1000;
    out.current = virDomainSnapshotIsCurrent(snapshot, 0) == 1;
    return out;
}

// Parents before their children, siblings by age. What names a parent that is not there stands at the top.
std::vector<Snapshot> inOrder(std::vector<Snapshot> all)
{
    std::stable_sort(all.begin(), all.end(),
                     [](const Snapshot& a, const Snapshot& b) { return a.createdAt < b.createdAt; });
    std::vector<Snapshot> out;
    std::set<std::string> placed;
    std::set<std::string> names;
    for (const Snapshot& one : all)
        names.insert(one.name);
    while (out.size() < all.size()) {
        const std::size_t before = out.size();
        for (const Snapshot& one : all)
            if (placed.count(one.name) == 0 &&
                (one.parent.empty() || names.count(one.parent) == 0 || placed.count(one.parent) > 0)) {
                placed.insert(one.name);
                out.push_back(one);
            }
        if (out.size() == before) // a circle, or two of one name: as they come
            break;
    }
    return out;
}

Result<DomainDetail> readDetail(virConnectPtr c, const HostUri& parts, const std::string& name)
{
    const DomainPtr domain = lookUp(c, name);
    if (!domain)
        return tl::unexpected<Error>(lastLibvirtError(parts, true));
    DomainDetail detail;
    Result<DomainFacts> facts = readDomain(c, parts, uuidOf(domain.get()));
    if (!facts)
        return tl::unexpected<Error>(facts.error());
    detail.row.facts = std::move(*facts);
    detail.xml = documentOf(domain.get(), VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    if (detail.xml.empty()) // a driver without these
        detail.xml = documentOf(domain.get(), 0);
    if (detail.xml.empty())
        return tl::unexpected<Error>(lastLibvirtError(parts, true));
    fillRow(domain.get(), detail.row, detail.xml);
    detail.disks = disksOf(detail.xml);
    const xml::Document document = xml::parse(detail.xml);
    detail.nvram = xml::child(xml::child(xml::root(document, "domain"), "os"), "nvram") != nullptr;
    virDomainSnapshotPtr* found = nullptr;
    const int count = virDomainListAllSnapshots(domain.get(), &found, 0);
    if (count < 0) {
        detail.noSnapshots = problem(parts).text;
    } else {
        std::vector<SnapshotPtr> held;
        for (int i = 0; i < count; ++i)
            held.emplace_back(found[i]);
        std::free(found);
        std::vector<Snapshot> all;
        for (const SnapshotPtr& snapshot : held)
            if (all.size() < kMostSnapshots)
                all.push_back(describe(snapshot.get()));
        detail.snapshots = inOrder(std::move(all));
    }
    return detail;
}

// libvirt has no dry run of a definition. But it looks at a document in full (schema, then the driver's own
// rules) before it looks whether name and uuid fit together: a document with the uuid of a domain that
// exists and a name nobody has is judged and never kept.
Result<void> judge(virConnectPtr c, const HostUri& parts, const std::string& uuid,
                   const std::string& document)
{
    const std::string probe = "strata-check-" + uuid;
    Result<std::string> asked = renamed(document, probe, uuid);
    if (!asked)
        return tl::unexpected<Error>(asked.error());
    const DomainPtr made(virDomainDefineXMLFlags(c, asked->c_str(), VIR_DOMAIN_DEFINE_VALIDATE));
    if (made) { // its own domain has gone meanwhile, so that this one was kept
        virDomainUndefine(made.get());
        return fail(ErrorKind::NotFound,
                    arguments(say("The domain is no longer on host %1."), {nameOf(parts)}));
    }
    const virError* last = virGetLastError();
    const bool passed = last != nullptr && last->code == VIR_ERR_OPERATION_FAILED &&
                        lastLibvirtMessage().find("already defined") != std::string::npos;
    return passed ? Result<void>() : tl::unexpected<Error>(problem(parts));
}

Result<void> sameDomain(virDomainPtr domain, const std::string& document)
{
    const Result<DomainNames> names = namesOf(document);
    if (!names)
        return tl::unexpected<Error>(names.error());
    if (names->uuid != uuidOf(domain))
        return refuse(say("The uuid in the document is another one: that would be another domain."));
    if (const char* name = virDomainGetName(domain); name != nullptr && names->name != cleanText(name))
        return refuse(say("The name in the document is another one. A domain is not renamed this way."));
    return {};
}

Result<DomainDone> define(virConnectPtr c, const HostUri& parts, const DomainRequest& request)
{
    const Result<DomainNames> names = namesOf(request.xml);
    if (!names)
        return tl::unexpected<Error>(names.error());
    if (request.domain.empty()) {
        // Defining writes over what has the same uuid: that is an edit, and nobody asked for one.
        if (const DomainPtr other = lookUp(c, names->uuid.empty() ? names->name : names->uuid))
            return refuse(say("There is a domain %1 with that name or uuid already.",
                              {cleanText(virDomainGetName(other.get()))}));
        if (const DomainPtr other = lookUp(c, names->name))
            return refuse(say("There is a domain %1 with that name or uuid already.", {names->name}));
    } else {
        const DomainPtr domain = lookUp(c, request.domain);
        if (!domain)
            return tl::unexpected<Error>(lastLibvirtError(parts, true));
        if (const Result<void> same = sameDomain(domain.get(), request.xml); !same)
            return tl::unexpected<Error>(same.error());
        if (!request.base.empty() &&
            documentOf(domain.get(), VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE) != request.base)
            return fail(ErrorKind::Conflict,
                        say("Somebody has changed this domain since it was read. Read it again."));
    }
    const DomainPtr made(virDomainDefineXMLFlags(c, request.xml.c_str(), VIR_DOMAIN_DEFINE_VALIDATE));
    if (!made)
        return tl::unexpected<Error>(problem(parts));
    DomainDone done;
    done.uuid = uuidOf(made.get());
    if (virDomainIsActive(made.get()) == 1)
        done.notes.push_back(say("It runs on as it was; what was changed holds from its next start."));
    return done;
}

SnapshotPtr snapshotOf(virDomainPtr domain, const std::string& name)
{
    return SnapshotPtr(virDomainSnapshotLookupByName(domain, name.c_str(), 0));
}

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text)
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
}

// Disks of other domains, so that none of theirs is deleted with this one.
std::set<std::string> othersDisks(virConnectPtr c, const HostUri& parts, const std::string& uuid)
{
    std::set<std::string> out;
    if (const Result<std::vector<DomainFacts>> all = readDomains(c, parts))
        for (const DomainFacts& facts : *all) {
            if (facts.uuid == uuid)
                continue;
            if (const DomainPtr domain{virDomainLookupByUUIDString(c, facts.uuid.c_str())})
                for (const DomainDisk& disk : disksOf(documentOf(domain.get(), 0))) {
                    if (!disk.source.empty())
                        out.insert(disk.source);
                    if (!disk.volume.empty())
                        out.insert(disk.pool + "\n" + disk.volume);
                }
        }
    return out;
}

void deleteVolumes(virConnectPtr c, const HostUri& parts, const std::vector<DomainDisk>& disks,
                   const std::set<std::string>& others, DomainDone& done)
{
    for (const DomainDisk& disk : disks) {
        const std::string name = disk.source.empty() ? disk.pool + "/" + disk.volume : disk.source;
        if (!disk.isDisk || (disk.source.empty() && disk.volume.empty()))
            continue;
        if (others.count(disk.source) > 0 || others.count(disk.pool + "\n" + disk.volume) > 0) {
            done.notes.push_back(say("%1 is a disk of another domain, too, and stays.", {name}));
            continue;
        }
        VolumePtr volume;
        if (!disk.volume.empty()) {
            if (const PoolPtr pool{virStoragePoolLookupByName(c, disk.pool.c_str())})
                volume.reset(virStorageVolLookupByName(pool.get(), disk.volume.c_str()));
        } else {
            volume.reset(virStorageVolLookupByPath(c, disk.source.c_str()));
        }
        if (!volume)
            done.notes.push_back(say("%1 is in no storage pool of this host and stays.", {name}));
        else if (virStorageVolDelete(volume.get(), 0) < 0)
            done.notes.push_back(say("%1 could not be deleted: %2", {name, problem(parts).detail}));
        else
            done.notes.push_back(say("%1 is deleted.", {name}));
    }
}

Result<DomainDone> undefine(virConnectPtr c, const HostUri& parts, virDomainPtr domain,
                            const DomainRequest& request)
{
    const Result<DomainDetail> detail = readDetail(c, parts, uuidOf(domain));
    if (!detail)
        return tl::unexpected<Error>(detail.error());
    unsigned flags = 0;
    if (detail->row.managedSave)
        flags |= VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;
    if (detail->row.snapshots > 0)
        flags |= VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
    if (detail->nvram)
        flags |= VIR_DOMAIN_UNDEFINE_NVRAM;
    DomainDone done;
    done.uuid = detail->row.facts.uuid;
    std::set<std::string> others;
    if (request.volumes)
        others = othersDisks(c, parts, done.uuid);
    if (virDomainUndefineFlags(domain, flags) < 0)
        return tl::unexpected<Error>(problem(parts));
    if (request.volumes)
        deleteVolumes(c, parts, detail->disks, others, done);
    return done;
}

// A flag that the driver does not know is refused with the reason "unsupported flags".
bool unknownFlag()
{
    const virError* last = virGetLastError();
    return last != nullptr &&
           (last->code == VIR_ERR_INVALID_ARG || last->code == VIR_ERR_ARGUMENT_UNSUPPORTED);
}

Result<DomainDone> act(virConnectPtr c, const HostUri& parts, const DomainRequest& request)
{
    if (request.verb == DomainVerb::Define)
        return define(c, parts, request);
    const DomainPtr held = lookUp(c, request.domain);
    virDomainPtr domain = held.get();
    if (domain == nullptr)
        return tl::unexpected<Error>(lastLibvirtError(parts, true));
    const Result<DomainFacts> facts = readDomain(c, parts, uuidOf(domain));
    if (!facts)
        return tl::unexpected<Error>(facts.error());
    if (std::string why = domainWhyNot(request.verb, facts->state, facts->persistent); !why.empty())
        return refuse(std::move(why));
    DomainDone done;
    done.uuid = facts->uuid;
    int code = 0;
    switch (request.verb) {
    case DomainVerb::Start:
        code = virDomainCreate(domain);
        break;
    case DomainVerb::Shutdown:
        code = virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN);
        if (code < 0 && unknownFlag())
            code = virDomainShutdown(domain);
        if (virDomainIsActive(domain) == 1)
            done.notes.push_back(say("It was asked to; when it is off is its guest's to say."));
        break;
    case DomainVerb::Reboot:
        code = virDomainReboot(domain, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN);
        if (code < 0 && unknownFlag())
            code = virDomainReboot(domain, 0);
        break;
    case DomainVerb::Suspend:
        code = virDomainSuspend(domain);
        break;
    case DomainVerb::Resume:
        code =
            facts->state == DomainState::Suspended ? virDomainPMWakeup(domain, 0) : virDomainResume(domain);
        break;
    case DomainVerb::Reset:
        code = virDomainReset(domain, 0);
        break;
    case DomainVerb::Destroy:
        code = virDomainDestroy(domain);
        break;
    case DomainVerb::AutostartOn:
    case DomainVerb::AutostartOff:
        code = virDomainSetAutostart(domain, request.verb == DomainVerb::AutostartOn ? 1 : 0);
        break;
    case DomainVerb::CreateSnapshot: {
        if (request.snapshot.empty() || !isCleanText(request.snapshot, 200) ||
            request.snapshot.find('/') != std::string::npos)
            return refuse(say("A snapshot needs a name without a slash."));
        if (snapshotOf(domain, request.snapshot)) // libvirt would make a new one of it
            return refuse(say("There is a snapshot %1 already.", {request.snapshot}));
        const std::string xml = "<domainsnapshot><name>" + escaped(request.snapshot) +
                                "</name><description>" + escaped(request.description) +
                                "</description></domainsnapshot>";
        code = SnapshotPtr(virDomainSnapshotCreateXML(domain, xml.c_str(), 0)) ? 0 : -1;
        break;
    }
    case DomainVerb::RevertSnapshot: {
        const SnapshotPtr snapshot = snapshotOf(domain, request.snapshot);
        code = snapshot ? virDomainRevertToSnapshot(snapshot.get(), 0) : -1;
        break;
    }
    case DomainVerb::DeleteSnapshot: {
        const SnapshotPtr snapshot = snapshotOf(domain, request.snapshot);
        code = snapshot ? virDomainSnapshotDelete(snapshot.get(), 0) : -1;
        break;
    }
    case DomainVerb::Undefine:
        return undefine(c, parts, domain, request);
    case DomainVerb::Define:
        break;
    }
    if (code < 0)
        return tl::unexpected<Error>(problem(parts));
    return done;
}

constexpr std::array<std::pair<DomainVerb, const char*>, 14> kVerbs = {{
    {DomainVerb::Start, "start"},
    {DomainVerb::Shutdown, "shutdown"},
    {DomainVerb::Reboot, "reboot"},
    {DomainVerb::Suspend, "suspend"},
    {DomainVerb::Resume, "resume"},
    {DomainVerb::Reset, "reset"},
    {DomainVerb::Destroy, "destroy"},
    {DomainVerb::AutostartOn, "autostart-on"},
    {DomainVerb::AutostartOff, "autostart-off"},
    {DomainVerb::Define, "define"},
    {DomainVerb::CreateSnapshot, "snapshot-create"},
    {DomainVerb::RevertSnapshot, "snapshot-revert"},
    {DomainVerb::DeleteSnapshot, "snapshot-delete"},
    {DomainVerb::Undefine, "delete"},
}};

} // namespace

const std::vector<DomainVerb>& allDomainVerbs()
{
    static const std::vector<DomainVerb> all = [] {
        std::vector<DomainVerb> out;
        for (const auto& [verb, name] : kVerbs)
            out.push_back(verb);
        return out;
    }();
    return all;
}

const char* toString(DomainVerb verb)
{
    for (const auto& [each, name] : kVerbs)
        if (each == verb)
            return name;
    return "";
}

std::optional<DomainVerb> domainVerbNamed(std::string_view name)
{
    for (const auto& [verb, each] : kVerbs)
        if (each == name)
            return verb;
    return std::nullopt;
}

bool isDestructive(DomainVerb verb)
{
    return verb == DomainVerb::Undefine || verb == DomainVerb::RevertSnapshot ||
           verb == DomainVerb::DeleteSnapshot;
}

DomainState domainStateNamed(std::string_view word)
{
    for (const DomainState state :
         {DomainState::Running, DomainState::Blocked, DomainState::Paused, DomainState::ShuttingDown,
          DomainState::ShutOff, DomainState::Crashed, DomainState::Suspended})
        if (word == toString(state))
            return state;
    return DomainState::NoState;
}

std::string domainWhyNot(DomainVerb verb, DomainState state, bool persistent)
{
    const bool off = state == DomainState::ShutOff;
    const bool crashed = state == DomainState::Crashed;
    const bool running = state == DomainState::Running || state == DomainState::Blocked;
    const std::string transient = say("It is not defined: it goes when it stops.");
    switch (verb) {
    case DomainVerb::Start:
        if (off || crashed || state == DomainState::NoState)
            return {};
        return state == DomainState::Paused      ? say("It is paused; resume it.")
               : state == DomainState::Suspended ? say("It sleeps; resume it.")
                                                 : say("It runs already.");
    case DomainVerb::Shutdown:
    case DomainVerb::Reboot:
    case DomainVerb::Suspend:
        if (running || state == DomainState::NoState)
            return {};
        if (off || crashed)
            return say("It does not run.");
        return verb == DomainVerb::Suspend ? say("It stands still already.")
                                           : say("It is %1: its guest would not hear it.", {toString(state)});
    case DomainVerb::Resume:
        return state == DomainState::Paused || state == DomainState::Suspended ||
                       state == DomainState::NoState
                   ? std::string()
                   : say("It is not paused.");
    case DomainVerb::Reset:
    case DomainVerb::Destroy:
        return off ? say("It does not run.") : std::string();
    case DomainVerb::AutostartOn:
    case DomainVerb::AutostartOff:
        return persistent ? std::string() : transient;
    case DomainVerb::Undefine:
        if (!persistent)
            return transient;
        return off || crashed || state == DomainState::NoState
                   ? std::string()
                   : say("It runs. Shut it down first, or force it off.");
    case DomainVerb::Define:
    case DomainVerb::CreateSnapshot:
    case DomainVerb::RevertSnapshot:
    case DomainVerb::DeleteSnapshot:
        return {};
    }
    return {};
}

void listDomains(const std::string& uri, std::function<void(Result<std::vector<DomainRow>>)> done)
{
    withConnection(
        uri, [done](virConnectPtr c, const HostUri& parts) { done(readRows(c, parts)); },
        [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
}

void readDomainDetail(const std::string& uri, const std::string& domain,
                      std::function<void(Result<DomainDetail>)> done)
{
    withConnection(
        uri, [done, domain](virConnectPtr c, const HostUri& parts) { done(readDetail(c, parts, domain)); },
        [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
}

void checkDomainXml(const std::string& uri, const std::string& domain, const std::string& xml,
                    std::function<void(Result<void>)> done)
{
    withConnection(
        uri,
        [done, domain, xml](virConnectPtr c, const HostUri& parts) {
            const DomainPtr found = lookUp(c, domain);
            if (!found) {
                done(tl::unexpected<Error>(lastLibvirtError(parts, true)));
                return;
            }
            Result<void> same = sameDomain(found.get(), xml);
            done(same ? judge(c, parts, uuidOf(found.get()), xml) : std::move(same));
        },
        [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
}

void actOnDomain(const std::string& uri, const DomainRequest& request,
                 std::function<void(Result<DomainDone>)> done)
{
    withConnection(
        uri, [done, request](virConnectPtr c, const HostUri& parts) { done(act(c, parts, request)); },
        [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
}

void domainAddresses(const std::string& uri, const std::string& domain,
                     std::function<void(Result<std::vector<std::string>>)> done)
{
    withConnection(
        uri,
        [done, domain](virConnectPtr c, const HostUri& parts) {
            const DomainPtr found = lookUp(c, domain);
            if (!found) {
                done(tl::unexpected<Error>(lastLibvirtError(parts, true)));
                return;
            }
            std::vector<std::string> out;
            for (const unsigned source :
                 {VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP}) {
                virDomainInterfacePtr* interfaces = nullptr;
                const int count = virDomainInterfaceAddresses(found.get(), &interfaces, source, 0);
                for (int i = 0; i < count; ++i) {
                    for (unsigned a = 0; a < interfaces[i]->naddrs; ++a) {
                        const std::string address = cleanText(interfaces[i]->addrs[a].addr);
                        const bool four = interfaces[i]->addrs[a].type == VIR_IP_ADDR_TYPE_IPV4;
                        if (std::find(out.begin(), out.end(), address) == out.end())
                            out.insert(four ? out.begin() : out.end(), address);
                    }
                    virDomainInterfaceFree(interfaces[i]);
                }
                std::free(interfaces);
                if (!out.empty())
                    break;
            }
            done(std::move(out));
        },
        [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
}

// --- pure

std::vector<DomainDisk> disksOf(std::string_view domainXml)
{
    const xml::Document document = xml::parse(domainXml);
    std::vector<DomainDisk> out;
    xml::each(xml::child(xml::root(document, "domain"), "devices"), "disk", [&](xmlNode* node) {
        DomainDisk disk;
        const std::string device = xml::attribute(node, "device");
        disk.isDisk = device.empty() || device == "disk" || device == "lun";
        disk.readOnly = xml::child(node, "readonly") != nullptr;
        disk.target = xml::attribute(xml::child(node, "target"), "dev");
        xmlNode* source = xml::child(node, "source");
        disk.source = xml::attribute(source, "file");
        if (disk.source.empty())
            disk.source = xml::attribute(source, "dev");
        disk.pool = xml::attribute(source, "pool");
        disk.volume = xml::attribute(source, "volume");
        out.push_back(std::move(disk));
    });
    return out;
}

DomainKeeper keeperOf(std::string_view domainXml)
{
    const xml::Document document = xml::parse(domainXml);
    xmlNode* root = xml::root(document, "domain");
    DomainKeeper keeper = DomainKeeper::Nobody;
    xmlNode* metadata = xml::child(root, "metadata");
    for (xmlNode* node = metadata == nullptr ? nullptr : metadata->children; node != nullptr;
         node = node->next) {
        if (node->type != XML_ELEMENT_NODE || node->ns == nullptr)
            continue;
        const std::string_view space = xml::view(node->ns->href);
        if (space == "http://kubevirt.io")
            keeper = DomainKeeper::KubeVirt;
        else if (space == "urn:strata:node" && keeper == DomainKeeper::Nobody)
            keeper = DomainKeeper::Strata;
    }
    return keeper;
}

Result<DomainNames> namesOf(std::string_view domainXml)
{
    const xml::Document document = xml::parse(domainXml);
    xmlNode* root = xml::root(document, "domain");
    if (root == nullptr)
        return fail(ErrorKind::Invalid, say("This is no libvirt domain: a well-formed <domain> is wanted."));
    DomainNames out{xml::text(xml::child(root, "name")), toLower(xml::text(xml::child(root, "uuid")))};
    if (out.name.empty())
        return fail(ErrorKind::Invalid, say("The domain has no name."));
    return out;
}

Result<std::string> renamed(std::string_view domainXml, const std::string& name, const std::string& uuid)
{
    const xml::Document document = xml::parse(domainXml);
    xmlNode* root = xml::root(document, "domain");
    if (root == nullptr)
        return fail(ErrorKind::Invalid, say("This is no libvirt domain: a well-formed <domain> is wanted."));
    const auto set = [root](const char* tag, const std::string& value) {
        const auto* text = reinterpret_cast<const xmlChar*>(value.c_str());
        if (xmlNode* node = xml::child(root, tag); node != nullptr)
            xmlNodeSetContent(node, text);
        else
            xmlNewChild(root, nullptr, reinterpret_cast<const xmlChar*>(tag), text);
    };
    set("name", name);
    set("uuid", uuid);
    xmlChar* bytes = nullptr;
    int size = 0;
    xmlDocDumpMemory(document.get(), &bytes, &size);
    if (bytes == nullptr)
        return fail(ErrorKind::Internal, say("The document could not be written."));
    std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    xmlFree(bytes);
    return out;
}

} // namespace strata::virt
