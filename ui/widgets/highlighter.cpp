// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/highlighter.h"

#include "ui/theme/theme.h"
#include "ui/widgets/plainhighlighter.h"

#include <QPointer>
#include <QSyntaxHighlighter>
#include <QTextDocument>

#ifdef STRATA_HAVE_KSYNTAX
#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/Repository>
#include <KSyntaxHighlighting/SyntaxHighlighter>
#include <KSyntaxHighlighting/Theme>
#endif

namespace strata::ui {
namespace {

class PlainHighlighter : public QSyntaxHighlighter {
public:
    PlainHighlighter(QTextDocument* document, Syntax syntax) : QSyntaxHighlighter(document), m_syntax(syntax)
    {}

protected:
    void highlightBlock(const QString& text) override
    {
        int state = previousBlockState();
        const std::vector<Token> tokens =
            m_syntax == Syntax::Yaml ? yamlTokens(text, state) : xmlTokens(text, state);
        for (const Token& token : tokens)
            setFormat(token.start, token.length, colorOfToken(token.kind));
        setCurrentBlockState(state);
    }

private:
    // Chosen for 4.5:1 and better on the views' background of either set.
    static QColor colorOfToken(TokenKind kind)
    {
        const bool dark = colors().dark;
        switch (kind) {
        case TokenKind::Key:
        case TokenKind::Tag:
            return dark ? QColor(0x7c, 0xc4, 0xff) : QColor(0x0b, 0x56, 0xa4);
        case TokenKind::String:
            return dark ? QColor(0x9b, 0xd8, 0x9b) : QColor(0x1c, 0x6b, 0x35);
        case TokenKind::Number:
            return dark ? QColor(0xe5, 0xb5, 0x6a) : QColor(0x94, 0x52, 0x00);
        case TokenKind::Word:
        case TokenKind::Attribute:
            return dark ? QColor(0xcf, 0xb2, 0xff) : QColor(0x6b, 0x3f, 0xb5);
        case TokenKind::Comment:
        case TokenKind::Mark:
            return colors().muted;
        }
        return colors().text;
    }

    Syntax m_syntax;
};

#ifdef STRATA_HAVE_KSYNTAX
KSyntaxHighlighting::Repository& repository()
{
    static KSyntaxHighlighting::Repository instance;
    return instance;
}

QSyntaxHighlighter* makeHighlighter(QTextDocument* document, Syntax syntax)
{
    const KSyntaxHighlighting::Definition definition = repository().definitionForName(
        syntax == Syntax::Yaml ? QStringLiteral("YAML") : QStringLiteral("XML"));
    if (!definition.isValid())
        return new PlainHighlighter(document, syntax);
    auto* made = new KSyntaxHighlighting::SyntaxHighlighter(document);
    made->setTheme(repository().defaultTheme(colors().dark ? KSyntaxHighlighting::Repository::DarkTheme
                                                           : KSyntaxHighlighting::Repository::LightTheme));
    made->setDefinition(definition);
    return made;
}
#else
QSyntaxHighlighter* makeHighlighter(QTextDocument* document, Syntax syntax)
{
    return new PlainHighlighter(document, syntax);
}
#endif

// Keeps the document's highlighter in step with the theme.
class Keeper : public QObject {
public:
    Keeper(QTextDocument* document, Syntax syntax, QObject* parent)
        : QObject(parent), m_document(document), m_syntax(syntax)
    {
        setObjectName(QStringLiteral("highlighter"));
        renew();
        connect(&Theme::instance(), &Theme::changed, this, &Keeper::renew);
    }
    ~Keeper() override { delete m_highlighter; }

    QTextDocument* document() const { return m_document; }

private:
    void renew()
    {
        delete m_highlighter;
        if (m_document != nullptr)
            m_highlighter = makeHighlighter(m_document, m_syntax);
    }

    QPointer<QTextDocument> m_document;
    QPointer<QSyntaxHighlighter> m_highlighter;
    Syntax m_syntax;
};

} // namespace

void highlight(QTextDocument* document, Syntax syntax, QObject* parent)
{
    stopHighlighting(document, parent);
    new Keeper(document, syntax, parent);
}

void stopHighlighting(QTextDocument* document, QObject* parent)
{
    for (QObject* child :
         parent->findChildren<QObject*>(QStringLiteral("highlighter"), Qt::FindDirectChildrenOnly)) {
        auto* keeper = dynamic_cast<Keeper*>(child);
        if (keeper != nullptr && keeper->document() == document)
            delete keeper;
    }
}

} // namespace strata::ui
