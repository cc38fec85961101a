// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/welcomepage.h"

#include "ui/theme/theme.h"
#include "ui/widgets/themedlabel.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QStyle>
#include <QVBoxLayout>

namespace strata::ui {

// A large button: icon, title, a line of what it does.
class WelcomeButton : public QAbstractButton {
public:
    WelcomeButton(const QString& icon, const QString& title, const QString& words, bool large,
                  QWidget* parent)
        : QAbstractButton(parent), m_icon(icon), m_words(words), m_large(large)
    {
        setText(title);
        setAccessibleName(title);
        setAccessibleDescription(words);
        setFocusPolicy(Qt::StrongFocus);
        setCursor(Qt::PointingHandCursor);
        setAttribute(Qt::WA_Hover);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    }

    void setWords(const QString& words)
    {
        m_words = words;
        setAccessibleDescription(words);
        update();
    }

    QSize sizeHint() const override { return {420, fontMetrics().height() * 2 + (m_large ? 30 : 14)}; }
    QSize minimumSizeHint() const override { return {220, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const Colors& c = colors();
        const bool hot = isEnabled() && (underMouse() || isDown());
        const QRectF area = QRectF(rect()).adjusted(1, 1, -1, -1);
        if (m_large || hot || hasFocus()) {
            const bool framed = hasFocus() || (hot && m_large);
            painter.setPen(framed ? QPen(c.accent, hasFocus() ? 1.8 : 1)
                                  : QPen(m_large ? c.border : c.hover, 1));
            painter.setBrush(hot ? c.hover : m_large ? c.panel : Qt::transparent);
            painter.drawRoundedRect(area, 8, 8);
        }
        const int side = m_large ? 26 : 18;
        const int left = m_large ? 18 : 12;
        const auto placed = [this](const QRect& place) {
            return QStyle::visualRect(layoutDirection(), rect(), place);
        };
        painter.setOpacity(isEnabled() ? 1 : 0.6);
        painter.drawPixmap(
            placed(QRect(left, (height() - side) / 2, side, side)),
            Theme::icon(m_icon, m_large ? c.accent : c.muted).pixmap(QSize(side, side), devicePixelRatioF()));
        const int textLeft = left + side + (m_large ? 16 : 12);
        const int room = width() - textLeft - 14;
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        const QFontMetrics boldMetrics(bold);
        const int lines = boldMetrics.height() + fontMetrics().height() + 2;
        int top = (height() - lines) / 2;
        painter.setFont(bold);
        painter.setPen(c.text);
        painter.drawText(placed(QRect(textLeft, top, room, boldMetrics.height())), Qt::AlignLeading,
                         boldMetrics.elidedText(text(), Qt::ElideRight, room));
        top += boldMetrics.height() + 2;
        painter.setFont(font());
        painter.setPen(c.muted);
        painter.drawText(placed(QRect(textLeft, top, room, fontMetrics().height())), Qt::AlignLeading,
                         fontMetrics().elidedText(m_words, Qt::ElideMiddle, room));
    }

    void keyPressEvent(QKeyEvent* event) override
    {
        if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
            click();
        else
            QAbstractButton::keyPressEvent(event);
    }

private:
    QString m_icon;
    QString m_words;
    bool m_large;
};

namespace {

constexpr int kMostRecent = 5;
constexpr int kWidth = 520;

} // namespace

WelcomePage::WelcomePage(Workspace* workspace, QWidget* parent) : QWidget(parent), m_workspace(workspace)
{
    auto* outer = new QHBoxLayout(this);
    outer->setContentsMargins(24, 24, 24, 24);
    outer->addStretch();
    auto* column = new QWidget(this);
    column->setMaximumWidth(kWidth);
    auto* layout = new QVBoxLayout(column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    outer->addWidget(column, 100);
    outer->addStretch();

    layout->addStretch(2);
    auto* title = new ThemedLabel(tr("Welcome to Strata"), TextRole::Text, column);
    title->setLook(2, QFont::DemiBold);
    layout->addWidget(title);
    auto* words =
        new ThemedLabel(tr("The whole stack as one live tree: bare metal, the outer Kubernetes, its VMs, "
                           "the inner clusters and what runs on them."),
                        TextRole::Muted, column);
    words->setWordWrap(true);
    layout->addWidget(words);
    layout->addSpacing(8);
    m_demo = new WelcomeButton(QStringLiteral("play"), tr("Open the demo site"), QString(), true, column);
    auto* cluster = new WelcomeButton(QStringLiteral("connect"), tr("Connect a cluster…"),
                                      tr("Choose a context of your kubeconfig files"), true, column);
    auto* host = new WelcomeButton(QStringLiteral("enrol"), tr("Enrol a host…"),
                                   tr("Bare metal through libvirt, here or over SSH"), true, column);
    m_create =
        new WelcomeButton(QStringLiteral("create"), tr("Create a tenant cluster…"),
                          tr("From a name to a running cluster; try it on the demo site"), true, column);
    m_create->hide();
    for (WelcomeButton* button : {m_demo, cluster, host, m_create})
        layout->addWidget(button);
    m_error = new ThemedLabel(TextRole::Failed, column);
    m_error->setWordWrap(true);
    m_error->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_error->hide();
    layout->addWidget(m_error);
    m_recent = new QWidget(column);
    auto* recent = new QVBoxLayout(m_recent);
    recent->setContentsMargins(0, 10, 0, 0);
    recent->setSpacing(2);
    recent->addWidget(new ThemedLabel(tr("Recent"), TextRole::Muted, m_recent));
    m_recentRows = new QVBoxLayout;
    m_recentRows->setSpacing(0);
    recent->addLayout(m_recentRows);
    layout->addWidget(m_recent);
    layout->addStretch(3);

    connect(m_demo, &QAbstractButton::clicked, this, &WelcomePage::openDemoWanted);
    connect(cluster, &QAbstractButton::clicked, this, &WelcomePage::connectClusterWanted);
    connect(host, &QAbstractButton::clicked, this, &WelcomePage::connectHostWanted);
    connect(m_create, &QAbstractButton::clicked, this, &WelcomePage::createClusterWanted);
    connect(workspace, &Workspace::connectionsChanged, this, &WelcomePage::fillRecent);
    setDemoStarting(false);
    fillRecent();
    setFocusProxy(m_demo);
}

void WelcomePage::setDemoStarting(bool starting)
{
    m_demo->setEnabled(!starting);
    m_demo->setWords(starting ? tr("Starting…") : tr("A small site inside this program; needs nothing else"));
    if (starting)
        m_error->hide();
}

void WelcomePage::setDemoError(const QString& text)
{
    m_error->setText(text);
    m_error->setVisible(!text.isEmpty());
}

void WelcomePage::setCreateOffered(bool offered)
{
    m_create->setVisible(offered);
}

void WelcomePage::fillRecent()
{
    while (QLayoutItem* item = m_recentRows->takeAt(0)) {
        item->widget()->deleteLater();
        delete item;
    }
    int shown = 0;
    for (const Connection& connection : m_workspace->connections()) {
        if (connection.kind == Connection::Kind::Demo || shown == kMostRecent)
            continue;
        const bool host = connection.kind == Connection::Kind::Host;
        auto* row = new WelcomeButton(
            host ? QStringLiteral("host") : QStringLiteral("outer-node"), connection.name,
            host ? connection.uri : QStringLiteral("%1 · %2").arg(connection.context, connection.kubeconfig),
            false, m_recent);
        connect(row, &QAbstractButton::clicked, this, [this, connection] { Q_EMIT openWanted(connection); });
        m_recentRows->addWidget(row);
        ++shown;
    }
    m_recent->setVisible(shown > 0);
}

} // namespace strata::ui
