// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/hostdialog.h"

#include "core/base/text.h"
#include "ui/connect/errorwords.h"
#include "ui/widgets/themedlabel.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QStyle>
#include <QUrl>
#include <QVBoxLayout>

namespace strata::ui {

class HostDialog::Private {
public:
    HostDialog* q;
    ConnectServices services;
    QLineEdit* uri = nullptr;
    QLineEdit* name = nullptr;
    ThemedLabel* state = nullptr;
    QPushButton* test = nullptr;
    QPushButton* connectButton = nullptr;
    std::unique_ptr<QObject> running; // context of the running test
    bool nameTyped = false;

    void say(TextRole role, const QString& text)
    {
        state->setRole(role);
        state->showText(text);
    }

    // Whether the URI may be used; says why not.
    bool check()
    {
        const QString text = uri->text().trimmed();
        bool good = false;
        if (text.isEmpty()) {
            say(TextRole::Muted, {});
        } else {
            const Result<std::string> checked = services.checkUri ? services.checkUri(text.toStdString())
                                                                  : Result<std::string>(text.toStdString());
            good = checked.has_value();
            if (good)
                say(TextRole::Muted, HostDialog::tr("Looks right. Test asks the host itself."));
            else
                say(TextRole::Failed, errorText(checked.error()));
        }
        const bool wrong = !good && !text.isEmpty();
        if (uri->property("wrong").toBool() != wrong) {
            uri->setProperty("wrong", wrong);
            uri->style()->unpolish(uri);
            uri->style()->polish(uri);
        }
        test->setEnabled(good && services.testHost);
        connectButton->setEnabled(good);
        return good;
    }

    QString suggestedName() const
    {
        const QString host = QUrl(uri->text().trimmed()).host();
        return host.isEmpty() ? HostDialog::tr("this machine") : host;
    }
};

HostDialog::HostDialog(const ConnectServices& services, QWidget* parent)
    : QDialog(parent), m_d(std::make_unique<Private>())
{
    Private& d = *m_d;
    d.q = this;
    d.services = services;
    setWindowTitle(tr("Enrol a host"));
    setMinimumWidth(560);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(12);
    auto* words = new ThemedLabel(
        tr("A bare-metal machine, reached through libvirt. Strata reads its hardware and its domains."),
        TextRole::Muted, this);
    words->setWordWrap(true);
    layout->addWidget(words);

    auto* form = new QFormLayout;
    form->setHorizontalSpacing(14);
    d.uri = new QLineEdit(this);
    d.uri->setPlaceholderText(QStringLiteral("qemu+ssh://root@metal-01/system"));
    d.uri->setMaxLength(1024);
    form->addRow(tr("&URI"), d.uri);
    auto* examples = new QHBoxLayout;
    examples->setSpacing(4);
    examples->addWidget(new ThemedLabel(tr("For example:"), TextRole::Muted, this));
    const std::pair<QString, const char*> shown[] = {
        {tr("this machine"), "qemu:///system"},
        {tr("over SSH"), "qemu+ssh://root@metal-01/system"},
        {tr("over TLS"), "qemu+tls://metal-01/system"},
    };
    for (const auto& [title, uri] : shown) {
        auto* button = new QPushButton(title, this);
        button->setProperty("flat", true);
        button->setFlat(true);
        button->setAutoDefault(false);
        button->setToolTip(QLatin1String(uri));
        connect(button, &QPushButton::clicked, this, [this, text = QString::fromLatin1(uri)] {
            setUri(text);
            m_d->uri->setFocus();
        });
        examples->addWidget(button);
    }
    examples->addStretch();
    form->addRow(QString(), examples);
    d.name = new QLineEdit(this);
    d.name->setMaxLength(63);
    form->addRow(tr("&Name"), d.name);
    layout->addLayout(form);

    d.state = new ThemedLabel(TextRole::Muted, this);
    d.state->setWordWrap(true);
    d.state->setMinimumHeight(fontMetrics().lineSpacing() * 3);
    d.state->setAlignment(Qt::AlignLeading | Qt::AlignTop);
    d.state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(d.state, 1);

    auto* buttons = new QHBoxLayout;
    d.test = new QPushButton(tr("&Test"), this);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    d.connectButton = new QPushButton(tr("&Enrol"), this);
    d.connectButton->setDefault(true);
    for (QPushButton* button : {d.test, cancel})
        button->setAutoDefault(false);
    buttons->addWidget(d.test);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(d.connectButton);
    layout->addLayout(buttons);

    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(d.uri, &QLineEdit::textChanged, this, [this] {
        m_d->running.reset(); // its answer would be about another URI
        m_d->check();
        if (!m_d->nameTyped)
            m_d->name->setText(m_d->uri->text().trimmed().isEmpty() ? QString() : m_d->suggestedName());
    });
    connect(d.name, &QLineEdit::textEdited, this, [this] { m_d->nameTyped = !m_d->name->text().isEmpty(); });
    connect(d.test, &QPushButton::clicked, this, [this] {
        if (!m_d->check())
            return;
        m_d->say(TextRole::Progressing, tr("Asking the host…"));
        m_d->test->setEnabled(false);
        m_d->running = std::make_unique<QObject>();
        m_d->services.testHost(
            m_d->uri->text().trimmed().toStdString(), m_d->running.get(), [this](Result<std::string> answer) {
                m_d->test->setEnabled(true);
                if (answer)
                    m_d->say(TextRole::Ok,
                             tr("It answers: %1").arg(QString::fromStdString(cleanText(*answer))));
                else
                    m_d->say(TextRole::Failed, errorText(answer.error()));
            });
    });
    connect(d.connectButton, &QPushButton::clicked, this, [this] {
        if (!m_d->check())
            return;
        const QString name = m_d->name->text().trimmed();
        Q_EMIT connectHost(m_d->uri->text().trimmed(), name.isEmpty() ? m_d->suggestedName() : name);
        accept();
    });
    d.check();
}

HostDialog::~HostDialog() = default;

void HostDialog::setUri(const QString& uri)
{
    m_d->uri->setText(uri);
}

} // namespace strata::ui
