// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/comparedialog.h"

#include "ui/connect/errorwords.h"
#include "ui/theme/theme.h"
#include "ui/widgets/codefield.h"
#include "ui/widgets/highlighter.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/windowsize.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QShortcut>
#include <QSplitter>
#include <QTextBlock>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace strata::ui {
namespace {

constexpr double kMargin = 10; // around the texts

QString refName(const stack::ObjectRef& object)
{
    const QString name = object.ns.empty() ? cleaned(object.name)
                                           : cleaned(object.ns) + QLatin1Char('/') + cleaned(object.name);
    return cleaned(object.kind) + QLatin1Char(' ') + name;
}

// As QSyntaxHighlighter wants it: line breaks as "\n", nothing that could turn the text round.
QString shown(const std::string& document)
{
    QStringList out;
    const QString whole = QString::fromStdString(document);
    for (const QString& line : whole.split(QLatin1Char('\n'))) {
        const qsizetype indent =
            std::find_if(line.begin(), line.end(), [](QChar c) { return c != QLatin1Char(' '); }) -
            line.begin();
        out << line.left(indent) + cleaned(line.mid(indent).toStdString());
    }
    return out.join(QLatin1Char('\n'));
}

} // namespace

CompareDialog::CompareDialog(Side left, Side right, bool together, QWidget* parent)
    : QDialog(parent, Qt::Window), m_together(together)
{
    setObjectName(QStringLiteral("compareDialog"));
    setWindowTitle(tr("Compare %1 and %2").arg(left.title, right.title));
    resizeWithin(this, {1120, 720});
    m_left.side = std::move(left);
    m_right.side = std::move(right);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 12);
    layout->setSpacing(0);
    auto* split = new QSplitter(this);
    split->setChildrenCollapsible(false);
    split->addWidget(makeHalf(m_left, tr("Left side")));
    split->addWidget(makeHalf(m_right, tr("Right side")));
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 1);
    split->setSizes({560, 560});
    layout->addWidget(split, 1);

    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(16, 10, 16, 0);
    foot->setSpacing(8);
    m_status = new QCheckBox(tr("With &status"), this);
    m_status->setChecked(together); // of one object at two times it is mostly the status that tells
    m_status->setToolTip(
        tr("What the server alone sets is left out in any case: versions, ids, managed fields"));
    foot->addWidget(m_status);
    foot->addSpacing(12);
    m_words = new ValueLabel(TextRole::Muted, this);
    foot->addWidget(m_words, 1);
    m_previous = new QPushButton(tr("&Previous difference"), this);
    m_previous->setToolTip(tr("Shift+F8"));
    m_next = new QPushButton(tr("&Next difference"), this);
    m_next->setToolTip(tr("F8"));
    auto* close = new QPushButton(tr("Close"), this);
    for (QPushButton* button : {m_previous, m_next, close}) {
        button->setAutoDefault(false);
        foot->addWidget(button);
    }
    layout->addLayout(foot);

    connect(m_status, &QCheckBox::toggled, this, &CompareDialog::showTexts);
    connect(m_previous, &QPushButton::clicked, this, &CompareDialog::previous);
    connect(m_next, &QPushButton::clicked, this, &CompareDialog::next);
    connect(close, &QPushButton::clicked, this, &QWidget::close);
    connect(new QShortcut(QKeySequence(Qt::Key_F8), this), &QShortcut::activated, this, &CompareDialog::next);
    connect(new QShortcut(QKeySequence(Qt::SHIFT | Qt::Key_F8), this), &QShortcut::activated, this,
            &CompareDialog::previous);
    // Lines are opposite each other, so the views move as one.
    for (const auto& [from, to] :
         {std::pair(m_left.view, m_right.view), std::pair(m_right.view, m_left.view)}) {
        connect(from->verticalScrollBar(), &QScrollBar::valueChanged, to->verticalScrollBar(),
                &QScrollBar::setValue);
        connect(from->horizontalScrollBar(), &QScrollBar::valueChanged, to->horizontalScrollBar(),
                &QScrollBar::setValue);
    }
    connect(&Theme::instance(), &Theme::changed, this, &CompareDialog::mark);
    read(m_left);
    read(m_right);
    showTexts();
}

CompareDialog::~CompareDialog() = default;

QWidget* CompareDialog::makeHalf(Half& half, const QString& name)
{
    auto* part = new QWidget(this);
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 10, 0, 0);
    layout->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 0, 12, 0);
    auto* title = new ValueLabel(TextRole::Text, part);
    title->setLook(1, QFont::DemiBold);
    title->setFullText(half.side.title);
    head->addWidget(title, 1);
    auto* note = new ValueLabel(TextRole::Muted, part);
    note->setFullText(half.side.note);
    head->addWidget(note, 1);
    half.chooser = new QComboBox(part);
    half.chooser->setAccessibleName(name);
    half.chooser->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    half.chooser->setMinimumContentsLength(24);
    for (const stack::ObjectRef& object : half.side.objects)
        half.chooser->addItem(refName(object));
    half.chooser->setVisible(half.side.objects.size() > 1 && !(m_together && &half == &m_right));
    head->addWidget(half.chooser);
    layout->addLayout(head);
    half.state = new ThemedLabel(TextRole::Muted, part);
    half.state->setContentsMargins(12, 0, 12, 0);
    half.state->setWordWrap(true);
    half.state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(half.state);
    half.view = makeCodeField(part, name);
    half.view->setReadOnly(true);
    half.view->document()->setDocumentMargin(kMargin);
    highlight(half.view->document(), Syntax::Yaml, half.view);
    layout->addWidget(half.view, 1);
    connect(half.chooser, &QComboBox::currentIndexChanged, this, [this, &half] {
        read(half);
        if (m_together && &half == &m_left && m_right.chooser->count() == half.chooser->count()) {
            m_right.chooser->setCurrentIndex(half.chooser->currentIndex());
        }
    });
    return part;
}

void CompareDialog::read(Half& half)
{
    half.have = false;
    half.failed.clear();
    const int at = half.chooser->currentIndex();
    if (at < 0 || at >= static_cast<int>(half.side.objects.size()) || !half.side.fetch) {
        half.failed = tr("There is no object to show.");
        showTexts();
        return;
    }
    half.reading = std::make_unique<QObject>(); // an earlier question's answer is not heard any more
    half.side.fetch(half.side.objects[static_cast<std::size_t>(at)], half.reading.get(),
                    [this, &half](const Result<std::string>& document) {
                        half.have = document.has_value();
                        if (document)
                            half.document = shown(*document);
                        else
                            half.failed = errorText(document.error());
                        showTexts();
                    });
    showTexts();
}

bool CompareDialog::isReady() const
{
    const auto done = [](const Half& half) { return half.have || !half.failed.isEmpty(); };
    return done(m_left) && done(m_right);
}

void CompareDialog::showTexts()
{
    if (m_words == nullptr)
        return; // while it is being built
    for (Half* half : {&m_left, &m_right}) {
        half->state->setVisible(!half->have);
        half->state->setRole(half->failed.isEmpty() ? TextRole::Muted : TextRole::Failed);
        half->state->showText(half->failed.isEmpty() ? tr("Reading…") : half->failed);
    }
    m_lines.clear();
    const bool status = m_status->isChecked();
    const QString left = m_left.have ? comparable(m_left.document, status) : QString();
    const QString right = m_right.have ? comparable(m_right.document, status) : QString();
    if (m_left.have && m_right.have)
        m_lines = sideBySide(left, right);
    m_differences = ui::differences(m_lines);
    m_current = -1;
    if (m_lines.empty()) {
        m_left.view->setPlainText(left);
        m_right.view->setPlainText(right);
    } else {
        QStringList lefts;
        QStringList rights;
        for (const SideLine& line : m_lines) {
            lefts << line.left;
            rights << line.right;
        }
        m_left.view->setPlainText(lefts.join(QLatin1Char('\n')));
        m_right.view->setPlainText(rights.join(QLatin1Char('\n')));
    }
    const int count = static_cast<int>(m_differences.size());
    m_words->setFullText(!m_left.have || !m_right.have ? QString()
                         : count == 0                  ? tr("No difference.")
                                                       : tr("%n difference(s)", nullptr, count));
    m_next->setEnabled(count > 0);
    m_previous->setEnabled(count > 0);
    mark();
    if (count > 0)
        goTo(0);
}

void CompareDialog::mark()
{
    const Colors& colors = Theme::instance().colors();
    const auto soft = [&](stack::Health health) {
        return colors.healthSoft[static_cast<std::size_t>(health)];
    };
    QList<QTextEdit::ExtraSelection> lefts;
    QList<QTextEdit::ExtraSelection> rights;
    const auto add = [](QList<QTextEdit::ExtraSelection>& list, const QPlainTextEdit* view, int line,
                        const QColor& colour) {
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(view->document()->findBlockByNumber(line));
        mark.format.setBackground(colour);
        mark.format.setProperty(QTextFormat::FullWidthSelection, true);
        list.push_back(mark);
    };
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const auto kind = m_lines[i].kind;
        const int line = static_cast<int>(i);
        if (kind == SideLine::Kind::Same)
            continue;
        const bool left = kind != SideLine::Kind::OnlyRight;
        const bool right = kind != SideLine::Kind::OnlyLeft;
        add(lefts, m_left.view, line, left ? soft(stack::Health::Failed) : colors.hover);
        add(rights, m_right.view, line, right ? soft(stack::Health::Ok) : colors.hover);
    }
    m_left.view->setExtraSelections(lefts);
    m_right.view->setExtraSelections(rights);
}

void CompareDialog::goTo(int difference)
{
    m_current = difference;
    const int line = m_differences[static_cast<std::size_t>(difference)];
    for (QPlainTextEdit* view : {m_left.view, m_right.view}) {
        QTextCursor cursor(view->document()->findBlockByNumber(line));
        view->setTextCursor(cursor);
        view->centerCursor();
    }
    const int count = static_cast<int>(m_differences.size());
    m_words->setFullText(tr("Difference %1 of %2").arg(difference + 1).arg(count));
}

void CompareDialog::next()
{
    if (!m_differences.empty())
        goTo((m_current + 1) % static_cast<int>(m_differences.size()));
}

void CompareDialog::previous()
{
    const int count = static_cast<int>(m_differences.size());
    if (count > 0)
        goTo((std::max(m_current, 0) + count - 1) % count);
}

void CompareDialog::setWithStatus(bool on)
{
    m_status->setChecked(on);
}

QString CompareDialog::leftText() const
{
    return m_left.view->toPlainText();
}

QString CompareDialog::rightText() const
{
    return m_right.view->toPlainText();
}

QString CompareDialog::words() const
{
    return m_words->fullText();
}

} // namespace strata::ui
