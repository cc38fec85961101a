// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QImage>
#include <QString>

#include <functional>

class QObject;

namespace strata::ui {

// Small pictures of VMs' screens, as the details see them. GUI thread.
class Thumbnails {
public:
    virtual ~Thumbnails() = default;
    // Answers once on the GUI thread, not when `context` has gone: a picture, or why there is none.
    virtual void take(stack::ItemId vm, QObject* context,
                      std::function<void(const QImage& image, const QString& why)> done) = 0;
    virtual void open(stack::ItemId vm) = 0; // the screen itself
};

} // namespace strata::ui
