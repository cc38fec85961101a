// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feeds/site.h"
#include "ui/console/services.h"

#include <QString>

#include <memory>
#include <string>

namespace strata::app {

// Sessions into the machines of a site, through clients of their own: a flood in a terminal does not stand in
// the way of the watches. Goes before the site. GUI thread.
class ConsoleAccess {
public:
    explicit ConsoleAccess(feeds::Site& site);
    ~ConsoleAccess();
    ConsoleAccess(const ConsoleAccess&) = delete;
    ConsoleAccess& operator=(const ConsoleAccess&) = delete;

    ui::ConsoleServices services(); // valid as long as this
    // This program, to be run as the decoder of screens; the running one unless told otherwise.
    void setProgram(std::string path);
    // Where what is to be remembered is kept: the keys of machines that ssh has seen (known_hosts), where a
    // Prometheus is. Call before anything is opened.
    void setFolder(const QString& path);
    // Deletes the pods of node shells that a crash has left in this cluster; once each.
    void removeLeft(stack::SourceId cluster);

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::app
