// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/sshdialog.h"

#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QRegularExpressionValidator>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

namespace strata::ui {

SshDialog::SshDialog(const GuestConsole& guest, QWidget* parent) : QDialog(parent), m_guest(guest)
{
    setWindowTitle(tr("SSH into %1").arg(shown(guest.guest.name)));
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    auto* words =
        new ThemedLabel(tr("The connection goes through a forwarded port of its own; the system's ssh "
                           "runs in a tab."),
                        TextRole::Muted, this);
    words->setWordWrap(true);
    layout->addWidget(words);
    auto* form = new QFormLayout;
    m_user = new QLineEdit(this);
    // What ssh could take for an option or the shell for more than a name is no user.
    m_user->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")), m_user));
    form->addRow(tr("&User"), m_user);
    m_port = new QSpinBox(this);
    m_port->setRange(1, 65535);
    m_port->setValue(22);
    form->addRow(tr("&Port"), m_port);
    m_key = new QComboBox(this);
    if (!guest.tenant.empty())
        m_key->addItem(tr("the key of the tenant's machines"), int(Key::Tenant));
    m_key->addItem(tr("a key file"), int(Key::File));
    m_key->addItem(tr("what ssh finds by itself (an agent, ~/.ssh)"), int(Key::Agent));
    form->addRow(tr("&Key"), m_key);
    m_secret = new QLineEdit(shown(guest.tenant) + QStringLiteral("-ssh-keys"), this);
    form->addRow(tr("&Secret"), m_secret);
    m_fileRow = new QWidget(this);
    auto* row = new QHBoxLayout(m_fileRow);
    row->setContentsMargins(0, 0, 0, 0);
    m_file = new QLineEdit(m_fileRow);
    m_file->setAccessibleName(tr("File of the key"));
    m_file->setMinimumWidth(260);
    auto* browse = new QToolButton(m_fileRow);
    browse->setText(tr("Choose…"));
    row->addWidget(m_file, 1);
    row->addWidget(browse);
    form->addRow(tr("&File"), m_fileRow);
    layout->addLayout(form);
    auto* note =
        new ThemedLabel(tr("A key of the cluster is kept in a file that only you can read, as long as the "
                           "session lasts."),
                        TextRole::Muted, this);
    note->setWordWrap(true);
    layout->addWidget(note);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_open = buttons->addButton(tr("Connect"), QDialogButtonBox::AcceptRole);
    m_open->setDefault(true);
    layout->addWidget(buttons);
    m_user->setText(guest.tenant.empty() ? QString() : QStringLiteral("capk"));

    connect(m_key, &QComboBox::currentIndexChanged, this, &SshDialog::refresh);
    for (QLineEdit* field : {m_user, m_secret, m_file})
        connect(field, &QLineEdit::textChanged, this, &SshDialog::refresh);
    connect(browse, &QToolButton::clicked, this, [this] {
        auto* dialog = new QFileDialog(this, tr("A private key"), QDir::homePath() + QStringLiteral("/.ssh"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        dialog->setFilter(QDir::AllEntries | QDir::Hidden);
        connect(dialog, &QFileDialog::fileSelected, m_file, &QLineEdit::setText);
        dialog->open();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT sshWanted(m_guest.source, target());
        accept();
    });
    refresh();
}

void SshDialog::refresh()
{
    const Key key = Key(m_key->currentData().toInt());
    auto* form = static_cast<QFormLayout*>(layout()->itemAt(1)->layout());
    form->setRowVisible(m_secret, key == Key::Tenant);
    form->setRowVisible(m_fileRow, key == Key::File);
    m_open->setEnabled(m_user->hasAcceptableInput() &&
                       (key != Key::Tenant || !m_secret->text().trimmed().isEmpty()) &&
                       (key != Key::File || !m_file->text().isEmpty()));
}

console::SshTarget SshDialog::target() const
{
    console::SshTarget out;
    out.guest = m_guest.guest;
    out.uid = m_guest.uid;
    out.user = m_user->text().toStdString();
    out.port = std::uint16_t(m_port->value());
    const Key key = Key(m_key->currentData().toInt());
    if (key == Key::Tenant)
        out.keySecret = m_secret->text().trimmed().toStdString();
    else if (key == Key::File)
        out.keyFile = m_file->text().toStdString();
    return out;
}

} // namespace strata::ui
