// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/libvirt/host.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The domains of a host by hand: what is there, and what is done to it. Every call has a thread and a
// connection of its own, which may write (libvirt's test driver: see connection.h); `done` comes once, on
// that thread, and for a URI that is refused at once on the caller's.
namespace strata::virt {

// Who looks after a domain, as far as its own document says.
enum class DomainKeeper { Nobody, KubeVirt, Strata };

struct DomainRow {
    DomainFacts facts;
    std::string title; // what somebody wrote into it; mostly empty
    bool managedSave = false;
    int snapshots = 0; // -1: this driver has none, or does not tell
    DomainKeeper keeper = DomainKeeper::Nobody;

    friend bool operator==(const DomainRow&, const DomainRow&) = default;
};

struct Snapshot {
    std::string name;
    std::string parent;
    std::string description;
    std::string state; // of the domain then: "running", "shutoff", "disk-snapshot"
    UnixMs createdAt = 0;
    bool current = false; // the one the disks go on from

    friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

struct DomainDisk {
    std::string target; // "vda"
    std::string source; // a path; empty for network disks and empty drives
    std::string pool;   // where libvirt names a pool and a volume instead
    std::string volume;
    bool readOnly = false;
    bool isDisk = true; // not a CD-ROM or a floppy drive

    friend bool operator==(const DomainDisk&, const DomainDisk&) = default;
};

struct DomainDetail {
    DomainRow row;
    // What it will be started from next, with the passwords in it, since it is what is edited and written
    // back: not for logs.
    std::string xml;
    std::vector<Snapshot> snapshots; // parents before their children
    std::string noSnapshots;         // why there can be none; empty: there may be
    std::vector<DomainDisk> disks;
    bool nvram = false;
};

enum class DomainVerb {
    Start,
    Shutdown, // the guest is asked (ACPI)
    Reboot,   // likewise
    Suspend,
    Resume,
    Reset,   // as the button does
    Destroy, // power off at once
    AutostartOn,
    AutostartOff,
    Define, // a new one, or the one of the same uuid
    CreateSnapshot,
    RevertSnapshot,
    DeleteSnapshot,
    Undefine,
};

const std::vector<DomainVerb>& allDomainVerbs();
const char* toString(DomainVerb verb); // "start", "force-off": in scripts and the audit log
std::optional<DomainVerb> domainVerbNamed(std::string_view name);
bool isDestructive(DomainVerb verb); // takes away what nobody can give back
// The state a word of toString(DomainState) stands for; NoState for any other.
DomainState domainStateNamed(std::string_view word);
// Why it makes no sense now, as a sentence; empty: it does. Pure.
std::string domainWhyNot(DomainVerb verb, DomainState state, bool persistent = true);

struct DomainRequest {
    DomainVerb verb = DomainVerb::Start;
    std::string domain; // uuid or name; a new one's: empty
    std::string xml;    // Define
    std::string base;   // Define: what the change began with; another document by then is a Conflict
    std::string snapshot;
    std::string description; // of a new snapshot
    bool volumes = false;    // Undefine: its disks go, too
};

struct DomainDone {
    std::string uuid;
    std::vector<std::string> notes; // sentences: what went beyond, or was left
};

void listDomains(const std::string& uri, std::function<void(Result<std::vector<DomainRow>>)> done);
void readDomainDetail(const std::string& uri, const std::string& domain,
                      std::function<void(Result<DomainDetail>)> done);
// What libvirt says to a document, against its schema and its driver's rules, without keeping it. `domain` is
// the one it would replace.
void checkDomainXml(const std::string& uri, const std::string& domain, const std::string& xml,
                    std::function<void(Result<void>)> done);
// State and persistence are looked at again before anything is done.
void actOnDomain(const std::string& uri, const DomainRequest& request,
                 std::function<void(Result<DomainDone>)> done);

// The addresses a running guest has, IPv4 first, as libvirt's own network or the host's neighbours know them;
// none yet: an empty list.
void domainAddresses(const std::string& uri, const std::string& domain,
                     std::function<void(Result<std::vector<std::string>>)> done);

// --- the pure half, on untrusted documents

std::vector<DomainDisk> disksOf(std::string_view domainXml);
DomainKeeper keeperOf(std::string_view domainXml);
// "<domain>"'s name and uuid; an error where there is no such document.
struct DomainNames {
    std::string name;
    std::string uuid; // lower case; may be empty
};
Result<DomainNames> namesOf(std::string_view domainXml);
// The document with another name and uuid, otherwise as it is.
Result<std::string> renamed(std::string_view domainXml, const std::string& name, const std::string& uuid);

} // namespace strata::virt
