// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/field.h"

#include "core/actions/build.h"
#include "core/base/quantity.h"

#include <algorithm>

namespace strata::actions {

using namespace stack;

namespace {

Field text(const char* key, std::string label, std::string value = {}, std::string hint = {})
{
    Field field;
    field.key = key;
    field.label = std::move(label);
    field.value = std::move(value);
    field.hint = std::move(hint);
    return field;
}

Field choice(const char* key, std::string label)
{
    Field field = text(key, std::move(label));
    field.kind = Field::Kind::Choice;
    return field;
}

// "md-2": the first that is free.
std::string freePoolName(const Stack& stack, const Tenant& tenant)
{
    for (int i = 0; i < 100; ++i) {
        const std::string name = tenant.fact->meta.name + "-md-" + std::to_string(i);
        const bool taken = std::any_of(tenant.pools.begin(), tenant.pools.end(),
                                       [&](ItemId pool) { return stack.find(pool)->name == name; });
        if (!taken)
            return "md-" + std::to_string(i);
    }
    return {};
}

void addSize(std::vector<Field>& fields, bool disk)
{
    const std::string same = say("as it is");
    fields.push_back(text(kCpus, say("&CPUs"), {}, same));
    fields.push_back(text(kMemory, say("&Memory"), {}, same));
    if (!disk)
        return;
    fields.push_back(text(kDisk, say("Root &disk"), {}, same));
    fields.push_back(text(kStorageClass, say("&Storage class"), {}, same));
    fields.push_back(text(kImage, say("&Image"), {}, same));
}

} // namespace

std::vector<Field> fieldsOf(const Stack& stack, Action action, const std::vector<ItemId>& items)
{
    std::vector<Field> out;
    const Item* item = items.empty() ? nullptr : stack.find(items.front());
    if (item == nullptr)
        return out;
    switch (action) {
    case Action::AddPool: {
        const Tenant tenant = tenantOf(stack, item->id);
        out.push_back(text(kName, say("&Name"), tenant.fact != nullptr ? freePoolName(stack, tenant) : ""));
        Field count = text(kReplicas, say("M&achines"), "1");
        count.kind = Field::Kind::Number;
        count.most = 500;
        out.push_back(std::move(count));
        out.push_back(choice(kLike, say("&Like")));
        addSize(out, true);
        break;
    }
    case Action::ResizeMachines:
        addSize(out, true);
        break;
    case Action::RotateCertificates:
        out.push_back(text(kDays, say("&Days before they expire, by itself"), {}, say("not by itself")));
        break;
    case Action::SnapshotVm:
        out.push_back(text(kName, say("&Name"),
                           item->name.substr(0, 45) + "-" + formatRfc3339(systemNow()).substr(0, 10)));
        break;
    case Action::RestoreVm:
        out.push_back(choice(kSnapshot, say("&Snapshot")));
        break;
    case Action::CloneVm:
        out.push_back(text(kName, say("&Name"), item->name.substr(0, 55) + "-copy"));
        break;
    case Action::AddVolume:
        out.push_back(text(kName, say("&Name of the disk in the VM"), "data-1"));
        out.push_back(text(kDisk, say("&Size of a new disk"), "10Gi", say("an existing claim instead")));
        out.push_back(text(kStorageClass, say("Storage &class"), {}, say("the cluster's default")));
        out.push_back(text(kClaim, say("&Existing claim"), {}, say("none: a new, empty disk is made")));
        break;
    case Action::RemoveVolume:
        out.push_back(choice(kVolume, say("&Volume")));
        break;
    case Action::ExpandDisk:
        out.push_back(choice(kVolume, say("&Volume")));
        out.push_back(text(kDisk, say("New &size")));
        break;
    case Action::ResizeVm:
        addSize(out, false);
        break;
    default:
        break;
    }
    return out;
}

} // namespace strata::actions
