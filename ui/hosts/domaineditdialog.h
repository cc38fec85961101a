// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/hosts/domaintarget.h"
#include "ui/hosts/services.h"

#include <QDialog>
#include <QPointer>

class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTabBar;

namespace strata::ui {

class ClusterRuns;
class ThemedLabel;

// A domain's definition as XML to be changed, or a new one. "Check" shows the differences and what libvirt
// says to the document, without keeping it; "Save" writes exactly what was checked, unless somebody else has
// changed the domain meanwhile.
class DomainEditDialog : public QDialog {
    Q_OBJECT

public:
    // Without a uuid in `target`: a new domain on that host.
    DomainEditDialog(const HostServices& services, ClusterRuns* runs, const DomainTarget& target,
                     QWidget* parent = nullptr);

    QString text() const;
    void setText(const QString& xml);
    QString differences() const;
    QString words() const;
    bool canSave() const;
    bool isChanged() const;
    bool isNew() const { return m_target.uuid.empty(); }

    void check();
    void save();
    void reload();
    void reject() override;

Q_SIGNALS:
    void finishedWell(const QString& what);
    void failedWith(const QString& what, const QString& why);

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void makeParts();
    void enable();
    void say(const QString& text, bool failed);
    void askThen(std::function<void()> leave);

    HostServices m_services;
    QPointer<ClusterRuns> m_runs;
    DomainTarget m_target;
    bool m_read = false;
    bool m_busy = false;
    QString m_baseText;
    std::string m_base;
    QString m_checked; // the text that libvirt accepted

    QTabBar* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    QPlainTextEdit* m_text = nullptr;
    QPlainTextEdit* m_diff = nullptr;
    ThemedLabel* m_words = nullptr;
    QPushButton* m_reloadButton = nullptr;
    QPushButton* m_checkButton = nullptr;
    QPushButton* m_saveButton = nullptr;
};

} // namespace strata::ui
