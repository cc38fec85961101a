// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feeds/site.h"
#include "ui/details/documents.h"

#include <QCoreApplication>
#include <QPointer>

#include <utility>

namespace strata::app {

// Wraps a callback so that it may be called on any thread and runs on the GUI's, unless `context` has gone.
template<typename Argument>
std::function<void(Argument)> onGuiThread(QObject* context, std::function<void(Argument)> done)
{
    return [guard = QPointer<QObject>(context), done = std::move(done)](Argument value) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, done, value = std::move(value)]() mutable {
                if (guard)
                    done(std::move(value));
            },
            Qt::QueuedConnection);
    };
}

// The feeds as the details' source of documents.
class SiteDocuments : public ui::Documents {
public:
    explicit SiteDocuments(feeds::Site& site) : m_site(site) {}

    void document(const stack::ObjectRef& object, QObject* context,
                  std::function<void(Result<std::string>)> done) override
    {
        m_site.fetchDocument(object, onGuiThread(context, std::move(done)));
    }
    void documentAt(const stack::ObjectRef& object, UnixMs when, QObject* context,
                    std::function<void(Result<std::string>)> done) override
    {
        m_site.fetchDocumentAt(object, when, onGuiThread(context, std::move(done)));
    }
    void events(const stack::ObjectRef& object, QObject* context,
                std::function<void(Result<std::vector<stack::EventRow>>)> done) override
    {
        m_site.fetchEvents(object, onGuiThread(context, std::move(done)));
    }

private:
    feeds::Site& m_site;
};

} // namespace strata::app
