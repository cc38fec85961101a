// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <QString>

namespace strata::ui {

// The line for a shell that shows the same object: kubectl, or virsh for libvirt. Names from outside are
// quoted so that they stay one word whatever is in them. `access` is what names the cluster to kubectl,
// already quoted
// ("--kubeconfig … --context …"), possibly empty. Of an inner cluster the kubeconfig is read from its secret
// in the outer one. Empty when there is no such line.
QString commandFor(const stack::Stack& stack, stack::ItemId id, const QString& access);

QString shellQuoted(const QString& word);

} // namespace strata::ui
