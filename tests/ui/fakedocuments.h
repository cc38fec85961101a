// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/details/documents.h"

#include <QMetaObject>
#include <QObject>
#include <QPointer>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace strata::test {

// Documents that answer later, on the GUI thread, with what the test says; counts what it was asked.
class FakeDocuments : public ui::Documents {
public:
    std::function<Result<std::string>(const stack::ObjectRef&)> onDocument =
        [](const stack::ObjectRef& object) {
            return Result<std::string>("kind: " + object.kind + "\nmetadata:\n  name: " + object.name + "\n");
        };
    std::function<Result<std::vector<stack::EventRow>>(const stack::ObjectRef&)> onEvents =
        [](const stack::ObjectRef&) { return Result<std::vector<stack::EventRow>>(); };
    std::function<Result<std::string>(const stack::ObjectRef&, UnixMs)> onPast = [](const stack::ObjectRef&,
                                                                                    UnixMs) {
        return Result<std::string>(tl::unexpected<Error>(Error{ErrorKind::Gone, "forgotten", {}, 410, 0}));
    };
    std::vector<stack::ObjectRef> documentsAsked;
    std::vector<UnixMs> momentsAsked;
    std::vector<stack::ObjectRef> eventsAsked;
    bool hold = false; // answers wait until release()

    void document(const stack::ObjectRef& object, QObject* context,
                  std::function<void(Result<std::string>)> done) override
    {
        documentsAsked.push_back(object);
        later(context, [this, object, done = std::move(done)] { done(onDocument(object)); });
    }
    void documentAt(const stack::ObjectRef& object, UnixMs when, QObject* context,
                    std::function<void(Result<std::string>)> done) override
    {
        momentsAsked.push_back(when);
        later(context, [this, object, when, done = std::move(done)] { done(onPast(object, when)); });
    }
    void events(const stack::ObjectRef& object, QObject* context,
                std::function<void(Result<std::vector<stack::EventRow>>)> done) override
    {
        eventsAsked.push_back(object);
        later(context, [this, object, done = std::move(done)] { done(onEvents(object)); });
    }
    void release()
    {
        hold = false;
        std::vector<std::pair<QPointer<QObject>, std::function<void()>>> held;
        held.swap(m_held);
        for (auto& [context, answer] : held) {
            if (context != nullptr)
                answer();
        }
    }

private:
    void later(QObject* context, std::function<void()> answer)
    {
        if (hold)
            m_held.emplace_back(context, std::move(answer));
        else
            QMetaObject::invokeMethod(context, std::move(answer), Qt::QueuedConnection);
    }
    std::vector<std::pair<QPointer<QObject>, std::function<void()>>> m_held;
};

} // namespace strata::test
