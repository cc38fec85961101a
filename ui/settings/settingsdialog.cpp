// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/settingsdialog.h"

#include "ui/console/terminallook.h"
#include "ui/settings/workspace.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/themedlabel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

SettingsDialog::SettingsDialog(Workspace* workspace, QWidget* parent)
    : QDialog(parent), m_workspace(workspace)
{
    setWindowTitle(tr("Settings"));
    setMinimumWidth(460);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(14);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(18);
    form->setVerticalSpacing(10);

    const Settings& settings = workspace->settings();
    m_theme = new QComboBox(this);
    m_theme->addItem(tr("As the system"), static_cast<int>(ThemeMode::System));
    m_theme->addItem(tr("Light"), static_cast<int>(ThemeMode::Light));
    m_theme->addItem(tr("Dark"), static_cast<int>(ThemeMode::Dark));
    m_theme->setCurrentIndex(m_theme->findData(static_cast<int>(settings.theme)));
    form->addRow(tr("&Theme"), m_theme);

    m_font = new QSpinBox(this);
    m_font->setRange(7, 24);
    m_font->setSpecialValueText(tr("Default"));
    m_font->setSuffix(tr(" pt"));
    m_font->setValue(settings.fontPoints <= 0 ? 7 : int(settings.fontPoints));
    form->addRow(tr("&Font size"), m_font);

    TerminalLook& terminals = TerminalLook::instance();
    auto* colours = new QComboBox(this);
    for (const TerminalScheme scheme : kTerminalSchemes)
        colours->addItem(schemeName(scheme), int(scheme));
    colours->setCurrentIndex(colours->findData(int(terminals.scheme())));
    form->addRow(tr("Terminal &colours"), colours);
    auto* family = new QComboBox(this);
    family->addItem(tr("Default"), QString());
    for (const QString& each : QFontDatabase::families()) {
        if (QFontDatabase::isFixedPitch(each) && !QFontDatabase::isPrivateFamily(each))
            family->addItem(each, each);
    }
    family->setCurrentIndex(std::max(0, family->findData(terminals.family())));
    family->setMaxVisibleItems(14);
    form->addRow(tr("T&erminal font"), family);
    connect(colours, &QComboBox::activated, this, [colours] {
        TerminalLook::instance().setScheme(TerminalScheme(colours->currentData().toInt()));
    });
    connect(family, &QComboBox::activated, this,
            [family] { TerminalLook::instance().setFamily(family->currentData().toString()); });

    m_events = new QSpinBox(this);
    m_events->setRange(5, 300);
    m_events->setSuffix(tr(" s"));
    m_events->setValue(settings.eventsEverySeconds);
    m_events->setToolTip(tr("How often the Events tab reads again while it is seen"));
    form->addRow(tr("&Read events every"), m_events);

    m_reopen = new QCheckBox(tr("Connect at the start to what was open at the end"), this);
    m_reopen->setChecked(settings.reopen);
    form->addRow(QString(), m_reopen);
    m_notify = new QCheckBox(tr("Notify me of new problems while I work elsewhere"), this);
    m_notify->setChecked(settings.notify);
    form->addRow(QString(), m_notify);
    layout->addLayout(form);

    layout->addWidget(new ThemedLabel(tr("Remembered connections"), TextRole::Muted, this));
    m_connections = new QListWidget(this);
    m_connections->setAccessibleName(tr("Remembered connections"));
    m_connections->setProperty("framed", true);
    m_connections->setItemDelegate(new CellDelegate(m_connections));
    m_connections->setFrameShape(QFrame::StyledPanel);
    m_connections->setMinimumHeight(110);
    layout->addWidget(m_connections, 1);
    m_forget = new QPushButton(tr("For&get"), this);
    m_forget->setAutoDefault(false);
    layout->addWidget(m_forget, 0, Qt::AlignLeading);
    auto* where = new ValueLabel(TextRole::Muted, this);
    where->setElide(Qt::ElideMiddle);
    where->setFullText(tr("Kept in %1, without any secret").arg(workspace->path()));
    layout->addWidget(where);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    layout->addWidget(buttons);

    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_theme, &QComboBox::currentIndexChanged, this, &SettingsDialog::store);
    connect(m_font, &QSpinBox::valueChanged, this, &SettingsDialog::store);
    connect(m_events, &QSpinBox::valueChanged, this, &SettingsDialog::store);
    connect(m_reopen, &QCheckBox::toggled, this, &SettingsDialog::store);
    connect(m_notify, &QCheckBox::toggled, this, &SettingsDialog::store);
    connect(m_connections, &QListWidget::currentRowChanged, this,
            [this](int row) { m_forget->setEnabled(row >= 0); });
    connect(m_forget, &QPushButton::clicked, this, [this] {
        const int row = m_connections->currentRow();
        if (row >= 0 && row < m_workspace->connections().size())
            m_workspace->forget(Connection(m_workspace->connections().at(row)));
    });
    connect(workspace, &Workspace::connectionsChanged, this, &SettingsDialog::fillConnections);
    fillConnections();
}

void SettingsDialog::store()
{
    Settings settings = m_workspace->settings();
    settings.theme = static_cast<ThemeMode>(m_theme->currentData().toInt());
    settings.fontPoints = m_font->value() == m_font->minimum() ? 0 : m_font->value();
    settings.reopen = m_reopen->isChecked();
    settings.eventsEverySeconds = m_events->value();
    settings.notify = m_notify->isChecked();
    m_workspace->setSettings(settings);
}

void SettingsDialog::fillConnections()
{
    m_connections->clear();
    for (const Connection& connection : m_workspace->connections()) {
        switch (connection.kind) {
        case Connection::Kind::Demo:
            m_connections->addItem(tr("Demo site"));
            break;
        case Connection::Kind::Cluster:
            m_connections->addItem(QStringLiteral("%1 — %2, %3")
                                       .arg(connection.name, connection.context, connection.kubeconfig));
            break;
        case Connection::Kind::Host:
            m_connections->addItem(QStringLiteral("%1 — %2").arg(connection.name, connection.uri));
            break;
        }
    }
    m_forget->setEnabled(m_connections->currentRow() >= 0);
}

} // namespace strata::ui
