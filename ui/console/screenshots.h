// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"
#include "ui/console/services.h"

#include <QImage>
#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

namespace strata::ui {

struct GuestConsole;

// Single pictures of VMs' screens: by KubeVirt's screenshot, which disturbs nobody; where that is not served,
// by looking at the screen for a moment, and only when nobody else does.
class Screenshots : public QObject {
    Q_OBJECT

public:
    using Done = std::function<void(const QImage& image, const QString& why)>;

    explicit Screenshots(const ConsoleServices& services, QObject* parent = nullptr);
    ~Screenshots() override;

    void take(const GuestConsole& guest, QObject* context, Done done);

private:
    class Look;
    void look(const GuestConsole& guest, QObject* context, const Done& done);
    void finish(Look* look, const QString& why);

    ConsoleServices m_services;
    std::vector<std::shared_ptr<Look>> m_looks;
};

} // namespace strata::ui
