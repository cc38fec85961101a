// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QWidget>

#include <memory>

namespace strata::ui {

class Documents;
class Selection;
class StackStore;

// The centre: breadcrumb, name, state in words, and the tabs Overview, Conditions, Events, YAML of the
// current item; only those that make sense for its layer.
class DetailsPanel : public QWidget {
    Q_OBJECT

public:
    DetailsPanel(StackStore* store, Selection* selection, Documents* documents, QWidget* parent = nullptr);
    ~DetailsPanel() override;

    QString currentTab() const; // "overview", "conditions", "events", "yaml"
    void setCurrentTab(const QString& name);

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::ui
