// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/hosts/domaindialog.h"

#include "core/hosts/domainwords.h"
#include "ui/connect/errorwords.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/clusterruns.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace strata::ui {

using virt::DomainVerb;

void actAudited(const HostServices& services, ClusterRuns* runs, const DomainTarget& target,
                const virt::DomainRequest& request, QObject* context,
                std::function<void(Result<virt::DomainDone>)> done)
{
    const provision::Plan plan = hosts::auditPlan(target.uri, target.name, request);
    if (runs == nullptr) {
        services.act(target.uri, request, context, std::move(done));
        return;
    }
    runs->auditHost(target.source, plan, "begun", {});
    services.act(target.uri, request, runs,
                 [runs, plan, source = target.source, guard = QPointer<QObject>(context),
                  done = std::move(done)](Result<virt::DomainDone> result) {
                     runs->auditHost(source, plan, result ? "done" : "failed",
                                     result ? std::string() : errorText(result.error()).toStdString());
                     if (guard)
                         done(std::move(result));
                 });
}

DomainDialog::DomainDialog(const HostServices& services, ClusterRuns* runs, const StackStore* store,
                           const DomainTarget& target, const virt::DomainRequest& request, QWidget* parent)
    : QDialog(parent), m_services(services), m_runs(runs), m_store(store), m_target(target),
      m_request(request)
{
    setObjectName(QStringLiteral("domainDialog"));
    QString verb = shown(hosts::labelOf(request.verb));
    verb.remove(QStringLiteral("…"));
    setWindowTitle(verb);
    setMinimumWidth(520);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    m_what = shown(hosts::auditPlan(target.uri, target.name, request).title);
    m_title = new ThemedLabel(m_what, TextRole::Text, this);
    m_title->setLook(1.3, QFont::DemiBold);
    m_title->setWordWrap(true);
    layout->addWidget(m_title);
    auto* tip = new ThemedLabel(shown(hosts::tipOf(request.verb)) + QLatin1Char('.'), TextRole::Muted, this);
    tip->setWordWrap(true);
    layout->addWidget(tip);
    layout->addWidget(new ThemedLabel(tr("Who will notice"), TextRole::Muted, this));
    m_notices = new ThemedLabel(TextRole::Text, this);
    m_notices->setObjectName(QStringLiteral("notices"));
    m_notices->setWordWrap(true);
    m_notices->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_notices);

    if (request.verb == DomainVerb::Undefine) {
        m_volumes = new QCheckBox(tr("Delete its disks, too"), this);
        m_volumes->setObjectName(QStringLiteral("volumes"));
        m_volumes->setEnabled(false);
        layout->addWidget(m_volumes);
        m_disks = new ThemedLabel(tr("Reading which disks it has…"), TextRole::Muted, this);
        m_disks->setWordWrap(true);
        layout->addWidget(m_disks);
        connect(m_volumes, &QCheckBox::toggled, this, [this](bool on) {
            m_request.volumes = on;
            m_what = shown(hosts::auditPlan(m_target.uri, m_target.name, m_request).title);
            m_title->showText(m_what);
            describe();
        });
        m_services.domain(m_target.uri, m_target.uuid, this, [this](Result<virt::DomainDetail> detail) {
            if (!detail) {
                m_disks->setRole(TextRole::Failed);
                m_disks->showText(errorText(detail.error()));
                return;
            }
            m_target.keeper = detail->row.keeper;
            QStringList names;
            for (const virt::DomainDisk& disk : detail->disks)
                if (disk.isDisk && (!disk.source.empty() || !disk.volume.empty()))
                    names << (disk.source.empty() ? shown(disk.pool + "/" + disk.volume)
                                                  : shown(disk.source));
            m_disks->showText(names.isEmpty() ? tr("It has no disks in files or volumes.")
                                              : names.join(QLatin1Char('\n')));
            m_volumes->setEnabled(!names.isEmpty());
            describe();
        });
    }

    m_typedWanted = !virt::isDestructive(request.verb)     ? QString()
                    : request.verb == DomainVerb::Undefine ? shown(target.name)
                                                           : shown(request.snapshot);
    if (!m_typedWanted.isEmpty()) {
        auto* row = new QHBoxLayout;
        row->addWidget(new ThemedLabel(tr("This cannot be taken back. Type %1:").arg(m_typedWanted),
                                       TextRole::Text, this));
        m_typed = new QLineEdit(this);
        m_typed->setObjectName(QStringLiteral("typed"));
        m_typed->setAccessibleName(tr("The name, to confirm"));
        row->addWidget(m_typed, 1);
        layout->addLayout(row);
        connect(m_typed, &QLineEdit::textChanged, this, [this] { enable(); });
    }
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_words->hide();
    layout->addWidget(m_words);
    layout->addStretch(1);

    auto* buttons = new QHBoxLayout;
    m_cancel = new QPushButton(tr("Cancel"), this);
    m_do = new QPushButton(verb, this);
    m_do->setObjectName(QStringLiteral("do"));
    const bool hurts = virt::isDestructive(request.verb) || request.verb == DomainVerb::Destroy ||
                       request.verb == DomainVerb::Reset;
    m_do->setProperty(hurts ? "danger" : "primary", true);
    m_cancel->setAutoDefault(false);
    m_do->setAutoDefault(!hurts); // Return must not destroy
    m_do->setDefault(!hurts);
    buttons->addStretch();
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_do);
    layout->addLayout(buttons);
    connect(m_cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_do, &QPushButton::clicked, this, &DomainDialog::confirm);
    describe();
    enable();
    if (m_typed != nullptr)
        m_typed->setFocus();
}

void DomainDialog::describe()
{
    const stack::Stack& stack = m_store->stack();
    QStringList lines;
    for (const std::string& sentence : hosts::whoNotices(stack, hosts::carriedBy(stack, m_target.uuid),
                                                         m_target.keeper, m_request.verb, m_request.volumes))
        lines << shown(sentence);
    m_notices->showText(lines.isEmpty() ? tr("Nobody in the stack, as far as is known.")
                                        : lines.join(QLatin1Char('\n')));
}

void DomainDialog::enable()
{
    m_do->setEnabled(!m_busy && !m_over && (m_typed == nullptr || m_typed->text() == m_typedWanted));
    if (m_volumes != nullptr && (m_busy || m_over))
        m_volumes->setEnabled(false);
}

void DomainDialog::confirm()
{
    m_busy = true;
    m_words->setRole(TextRole::Progressing);
    m_words->showText(tr("Asking libvirt…"));
    m_words->show();
    enable();
    actAudited(m_services, m_runs, m_target, m_request, this,
               [this](Result<virt::DomainDone> done) { take(done); });
}

void DomainDialog::take(const Result<virt::DomainDone>& done)
{
    m_busy = false;
    if (!done) {
        m_words->setRole(TextRole::Failed);
        m_words->showText(errorText(done.error()));
        Q_EMIT failedWith(m_what, errorText(done.error()));
        enable();
        return;
    }
    Q_EMIT finishedWell(m_what);
    if (done->notes.empty()) {
        accept();
        return;
    }
    m_over = true;
    QStringList lines{tr("Done.")};
    for (const std::string& note : done->notes)
        lines << cleaned(note);
    m_words->setRole(TextRole::Ok);
    m_words->showText(lines.join(QLatin1Char('\n')));
    m_do->hide();
    m_cancel->setText(tr("Close"));
    m_cancel->setFocus();
    enable();
}

} // namespace strata::ui
