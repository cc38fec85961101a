// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checks/drift.h"

#include <QByteArray>

#include <map>
#include <string>

namespace strata::ui {

class Workspace;

// The verdicts a host was enrolled with, kept in the workspace: what a later check is compared with.
class KeptChecks {
public:
    explicit KeptChecks(Workspace* workspace) : m_workspace(workspace) {}

    std::map<std::string, checks::KeptHost> all() const; // by host
    // The hosts of a report (JSON); with `onlyNew` those that have none yet.
    void keep(const QByteArray& report, bool onlyNew);

private:
    Workspace* m_workspace;
};

} // namespace strata::ui
