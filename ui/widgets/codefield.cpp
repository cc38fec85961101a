// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/codefield.h"

#include "ui/theme/theme.h"

#include <QPlainTextEdit>
#include <QSyntaxHighlighter>

namespace strata::ui {
namespace {

class DiffColours : public QSyntaxHighlighter {
public:
    explicit DiffColours(QTextDocument* document) : QSyntaxHighlighter(document)
    {
        connect(&Theme::instance(), &Theme::changed, this, &QSyntaxHighlighter::rehighlight);
    }

protected:
    void highlightBlock(const QString& text) override
    {
        if (!text.startsWith(QLatin1Char('+')) && !text.startsWith(QLatin1Char('-')))
            return;
        const auto at = static_cast<std::size_t>(text.startsWith(QLatin1Char('+')) ? stack::Health::Ok
                                                                                   : stack::Health::Failed);
        QTextCharFormat format;
        format.setForeground(colors().health[at]);
        format.setBackground(colors().healthSoft[at]);
        setFormat(0, int(text.size()), format);
    }
};

} // namespace

QPlainTextEdit* makeCodeField(QWidget* parent, const QString& accessibleName)
{
    auto* edit = new QPlainTextEdit(parent);
    edit->setFont(Theme::monospace());
    edit->setLineWrapMode(QPlainTextEdit::NoWrap);
    edit->setAccessibleName(accessibleName);
    edit->setFrameShape(QFrame::NoFrame);
    QObject::connect(&Theme::instance(), &Theme::changed, edit,
                     [edit] { edit->setFont(Theme::monospace()); });
    return edit;
}

void colourDifferences(QTextDocument* document)
{
    new DiffColours(document);
}

} // namespace strata::ui
