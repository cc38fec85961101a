// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/stack/facts.h"

#include <functional>
#include <string>
#include <vector>

class QObject;

namespace strata::ui {

// Where the details get what the stack does not keep. Answers come on the GUI thread, once, and not at all
// when `context` has gone by then.
class Documents {
public:
    virtual ~Documents() = default;
    // YAML of a Kubernetes object, XML of a libvirt one.
    virtual void document(const stack::ObjectRef& object, QObject* context,
                          std::function<void(Result<std::string>)> done) = 0;
    // As it was at a moment that has passed; only what a cluster still remembers.
    virtual void documentAt(const stack::ObjectRef& object, UnixMs when, QObject* context,
                            std::function<void(Result<std::string>)> done) = 0;
    // Newest first.
    virtual void events(const stack::ObjectRef& object, QObject* context,
                        std::function<void(Result<std::vector<stack::EventRow>>)> done) = 0;
};

} // namespace strata::ui
