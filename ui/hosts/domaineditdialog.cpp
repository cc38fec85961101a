// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/hosts/domaineditdialog.h"

#include "core/hosts/domainwords.h"
#include "ui/connect/errorwords.h"
#include "ui/hosts/domaindialog.h"
#include "ui/widgets/codefield.h"
#include "ui/widgets/highlighter.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/underlinetabs.h"
#include "ui/widgets/windowsize.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/linediff.h"

#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace strata::ui {
namespace {

constexpr double kMargin = 12; // around the text

// Something that boots from a disk or the network, to begin with.
constexpr const char* kBeginning = R"(<domain type='kvm'>
  <name>new-domain</name>
  <memory unit='GiB'>4</memory>
  <vcpu>2</vcpu>
  <cpu mode='host-passthrough'/>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features><acpi/><apic/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/new-domain.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='network'>
      <source network='default'/>
      <model type='virtio'/>
    </interface>
    <console type='pty'/>
    <graphics type='vnc' listen='127.0.0.1'/>
  </devices>
</domain>
)";

} // namespace

DomainEditDialog::DomainEditDialog(const HostServices& services, ClusterRuns* runs,
                                   const DomainTarget& target, QWidget* parent)
    : QDialog(parent, Qt::Window), m_services(services), m_runs(runs), m_target(target)
{
    setObjectName(QStringLiteral("domainEditDialog"));
    setWindowTitle(isNew() ? tr("Define a domain") : tr("Edit domain %1").arg(shown(target.name)));
    resizeWithin(this, {860, 680});
    makeParts();
    if (!isNew()) {
        reload();
        return;
    }
    m_read = true;
    m_text->setPlainText(QString::fromLatin1(kBeginning));
    say(tr("A definition in libvirt's XML. Nothing is started by it."), false);
    enable();
}

void DomainEditDialog::makeParts()
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 6, 0, 12);
    layout->setSpacing(0);
    m_tabs = new UnderlineTabs(this);
    m_tabs->setStyleSheet(QStringLiteral("QTabBar::tab:first { margin-left: 12px; }"));
    m_tabs->addTab(tr("XML"));
    m_tabs->addTab(tr("Differences"));
    layout->addWidget(m_tabs);
    m_pages = new QStackedWidget(this);
    m_text = makeCodeField(m_pages, tr("The domain as XML"));
    m_text->setObjectName(QStringLiteral("xml"));
    m_text->document()->setDocumentMargin(kMargin);
    m_text->setTabChangesFocus(false);
    highlight(m_text->document(), Syntax::Xml, m_text);
    m_diff = makeCodeField(m_pages, tr("Differences"));
    m_diff->document()->setDocumentMargin(kMargin);
    m_diff->setReadOnly(true);
    m_diff->setPlaceholderText(tr("Check shows here what would change."));
    colourDifferences(m_diff->document());
    m_pages->addWidget(m_text);
    m_pages->addWidget(m_diff);
    layout->addWidget(m_pages, 1);

    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(16, 10, 16, 0);
    foot->setSpacing(10);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    foot->addWidget(m_words);
    auto* buttons = new QHBoxLayout;
    m_reloadButton = new QPushButton(tr("&Reload"), this);
    m_reloadButton->setVisible(!isNew());
    m_checkButton = new QPushButton(tr("&Check"), this);
    m_checkButton->setObjectName(QStringLiteral("check"));
    m_checkButton->setToolTip(tr("Ask libvirt what it says to this, without keeping it (Ctrl+Return)"));
    m_checkButton->setVisible(!isNew());
    m_saveButton = new QPushButton(isNew() ? tr("&Define") : tr("&Save"), this);
    m_saveButton->setObjectName(QStringLiteral("save"));
    m_saveButton->setProperty("primary", true);
    m_saveButton->setToolTip(isNew() ? tr("libvirt checks it and keeps it when it is sound (Ctrl+S)")
                                     : tr("Write what was checked (Ctrl+S)"));
    auto* close = new QPushButton(tr("Close"), this);
    for (QPushButton* each : {m_reloadButton, m_checkButton, m_saveButton, close})
        each->setAutoDefault(false);
    buttons->addWidget(m_reloadButton);
    buttons->addStretch();
    buttons->addWidget(close);
    buttons->addWidget(m_checkButton);
    buttons->addWidget(m_saveButton);
    foot->addLayout(buttons);
    layout->addLayout(foot);

    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_text, &QPlainTextEdit::textChanged, this, [this] { enable(); });
    connect(m_reloadButton, &QPushButton::clicked, this, [this] { askThen([this] { reload(); }); });
    connect(m_checkButton, &QPushButton::clicked, this, &DomainEditDialog::check);
    connect(m_saveButton, &QPushButton::clicked, this, &DomainEditDialog::save);
    connect(close, &QPushButton::clicked, this, &QWidget::close);
    connect(new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return), this), &QShortcut::activated, this,
            &DomainEditDialog::check);
    connect(new QShortcut(QKeySequence::Save, this), &QShortcut::activated, this, [this] {
        if (canSave())
            save();
        else
            check();
    });
}

QString DomainEditDialog::text() const
{
    return m_text->toPlainText();
}

void DomainEditDialog::setText(const QString& xml)
{
    // As one step that the text's own undo takes back.
    QTextCursor cursor(m_text->document());
    cursor.select(QTextCursor::Document);
    cursor.insertText(xml);
}

QString DomainEditDialog::differences() const
{
    return m_diff->toPlainText();
}

QString DomainEditDialog::words() const
{
    return m_words->text();
}

bool DomainEditDialog::isChanged() const
{
    return m_read && text() != m_baseText;
}

bool DomainEditDialog::canSave() const
{
    if (!m_read || m_busy)
        return false;
    return isNew() ? isChanged() : !m_checked.isEmpty() && m_checked == text();
}

void DomainEditDialog::say(const QString& text, bool failed)
{
    m_words->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_words->showText(text);
}

void DomainEditDialog::enable()
{
    m_text->setReadOnly(!m_read || m_busy);
    m_reloadButton->setEnabled(!m_busy);
    m_checkButton->setEnabled(!m_busy && isChanged());
    m_saveButton->setEnabled(canSave());
}

void DomainEditDialog::reload()
{
    m_busy = true;
    m_checked.clear();
    say(tr("Reading…"), false);
    enable();
    m_services.domain(m_target.uri, m_target.uuid, this, [this](Result<virt::DomainDetail> detail) {
        m_busy = false;
        if (!detail) {
            say(errorText(detail.error()), true);
            enable();
            return;
        }
        m_base = detail->xml;
        m_baseText = QString::fromStdString(detail->xml);
        m_read = true;
        m_text->setPlainText(m_baseText);
        m_baseText = text(); // as the field keeps it
        m_diff->clear();
        m_tabs->setCurrentIndex(0);
        m_text->setFocus();
        QString words =
            tr("What it is started from next, with the passwords in it. Nothing is written before "
               "you save.");
        if (detail->row.keeper == virt::DomainKeeper::KubeVirt)
            words += QLatin1Char(' ') + tr("It belongs to KubeVirt, which makes it anew from the VM and "
                                           "forgets what is changed here.");
        say(words, false);
        enable();
    });
}

void DomainEditDialog::check()
{
    if (m_busy || !isChanged() || isNew())
        return;
    m_checked.clear();
    m_busy = true;
    m_diff->setPlainText(diffText(lineDiff(m_baseText, text())));
    m_tabs->setCurrentIndex(1);
    say(tr("Asking libvirt…"), false);
    enable();
    const QString asked = text();
    m_services.checkXml(m_target.uri, m_target.uuid, asked.toStdString(), this,
                        [this, asked](Result<void> judged) {
                            m_busy = false;
                            if (judged) {
                                m_checked = asked;
                                say(tr("libvirt accepts it. Save writes this."), false);
                            } else {
                                say(errorText(judged.error()), true);
                            }
                            enable();
                        });
}

void DomainEditDialog::save()
{
    if (!canSave())
        return;
    virt::DomainRequest request;
    request.verb = virt::DomainVerb::Define;
    request.domain = m_target.uuid;
    request.xml = text().toStdString();
    request.base = m_base;
    DomainTarget target = m_target;
    if (isNew()) {
        const auto names = virt::namesOf(request.xml);
        if (!names) {
            say(errorText(names.error()), true);
            return;
        }
        target.name = names->name;
    }
    const QString what = shown(hosts::auditPlan(target.uri, target.name, request).title);
    m_busy = true;
    say(tr("Writing…"), false);
    enable();
    actAudited(m_services, m_runs, target, request, this, [this, what](Result<virt::DomainDone> done) {
        m_busy = false;
        if (!done) {
            say(errorText(done.error()), true);
            enable();
            Q_EMIT failedWith(what, errorText(done.error()));
            return;
        }
        m_baseText = text();
        Q_EMIT finishedWell(what);
        if (isNew()) {
            close();
            return;
        }
        QStringList notes;
        for (const std::string& note : done->notes)
            notes << cleaned(note);
        m_checked.clear();
        m_services.domain(
            m_target.uri, m_target.uuid, this, [this, notes](Result<virt::DomainDetail> detail) {
                if (detail) {
                    m_base = detail->xml;
                    setText(QString::fromStdString(detail->xml));
                    m_baseText = text();
                }
                say((tr("Saved.") + QLatin1Char(' ') + notes.join(QLatin1Char(' '))).trimmed(), false);
                enable();
            });
    });
}

void DomainEditDialog::askThen(std::function<void()> leave)
{
    if (!isChanged() || (isNew() && text() == QString::fromLatin1(kBeginning))) {
        leave();
        return;
    }
    auto* box = new QMessageBox(QMessageBox::Question, windowTitle(), tr("The changes are not saved."),
                                QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton* drop = box->addButton(tr("Drop them"), QMessageBox::DestructiveRole);
    box->setDefaultButton(QMessageBox::Cancel);
    connect(box, &QMessageBox::buttonClicked, this, [drop, leave](const QAbstractButton* button) {
        if (button == drop)
            leave();
    });
    box->open();
}

void DomainEditDialog::reject()
{
    close();
}

void DomainEditDialog::closeEvent(QCloseEvent* event)
{
    const bool harmless = !isChanged() || (isNew() && text() == QString::fromLatin1(kBeginning));
    if (harmless) {
        event->accept();
        QDialog::done(QDialog::Rejected);
        return;
    }
    event->ignore();
    askThen([this] { QDialog::done(QDialog::Rejected); });
}

} // namespace strata::ui
