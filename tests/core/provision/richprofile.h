// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/profile.h"

namespace strata::test {

// A profile that asks for much: three control planes, a second pool with labels, taints and an autoscaler,
// keys, odd numbers for the network.
inline provision::ClusterProfile richProfile()
{
    provision::ClusterProfile p;
    p.name = "blue";
    p.tenant = "acme";
    p.nameSpace = "tenant-blue";
    p.controlPlane = {3, {4, "8Gi", "40Gi", "fast"}};
    provision::WorkerPool gpu;
    gpu.name = "gpu";
    gpu.count = 3;
    gpu.size = {8, "16Gi", "100Gi", "fast"};
    gpu.labels = {{"example.com/gpu", "true"}, {"node-role.kubernetes.io/gpu", ""}};
    gpu.taints = {{"example.com/gpu", "yes", "NoSchedule"}, {"only", "", "NoExecute"}};
    gpu.autoscaler = provision::Autoscaler{2, 6};
    p.workers.push_back(gpu);
    p.sshKeys = {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a@b"};
    p.network.mtu = 1380;
    p.network.vxlanPort = 14789;
    p.addOns.cloudProvider = true;
    return p;
}

} // namespace strata::test
