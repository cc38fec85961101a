// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <utility>

namespace strata::ui {

// Runs `work` on a worker thread and then `done` with its value on the GUI's, unless `context` has gone by
// then. For files: nothing of the disk happens on the GUI thread.
template<typename Value, typename Work, typename Done>
void aside(QObject* context, Work work, Done done)
{
    QThreadPool::globalInstance()->start(
        [guard = QPointer<QObject>(context), work = std::move(work), done = std::move(done)]() mutable {
            auto value = std::make_shared<Value>(work());
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, value, done = std::move(done)]() mutable {
                    if (guard)
                        done(std::move(*value));
                },
                Qt::QueuedConnection);
        });
}

// Runs `take` on the GUI thread with what comes on any other, unless `context` has gone by then.
template<typename Value, typename Take>
std::function<void(Value)> onGui(QObject* context, Take take)
{
    return [guard = QPointer<QObject>(context), take = std::move(take)](Value value) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, take, value = std::move(value)]() mutable {
                if (guard)
                    take(std::move(value));
            },
            Qt::QueuedConnection);
    };
}

} // namespace strata::ui
