// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Manifests for `kubectl apply`; apart from the test, for moc does not like them.
extern const char* const
    kCluster; // a tenant cluster t1 in Cluster API v1beta1, as provider KubeVirt's templates are
extern const char* const kNetwork; // a network plugin for it
