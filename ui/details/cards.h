// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/details/page.h"

#include <QAbstractButton>
#include <QFrame>

#include <memory>

class QGridLayout;
class QVBoxLayout;

namespace strata::ui {

class Thumbnails;

// One item to jump to: state, name, note, state in words. A button, so that the keyboard reaches it.
class LinkButton : public QAbstractButton {
    Q_OBJECT

public:
    explicit LinkButton(QWidget* parent = nullptr);
    void setLink(const LinkRow& link);
    const LinkRow& link() const { return m_link; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    LinkRow m_link;
};

// A framed card; what is inside depends on the kind. show() takes the next value of the same card and touches
// only what differs.
class CardFrame : public QFrame {
    Q_OBJECT

public:
    static CardFrame* make(Card::Kind kind, QWidget* parent);

    virtual void show(const Card& card) = 0;
    virtual void setThumbnails(Thumbnails*) {} // for cards that show one
    const QString& id() const { return m_id; }
    void setId(const QString& id) { m_id = id; }

Q_SIGNALS:
    void linkActivated(strata::stack::ItemId id);

protected:
    explicit CardFrame(QWidget* parent);
    void showTitle(const Card& card);
    void paintEvent(QPaintEvent* event) override;
    virtual QColor fill() const;
    QVBoxLayout* body() const { return m_body; }
    void setHeadVisible(bool visible);

private:
    QString m_id;
    QVBoxLayout* m_body = nullptr;
    QWidget* m_head = nullptr;
    ThemedLabel* m_title = nullptr;
    ValueLabel* m_aside = nullptr;
};

} // namespace strata::ui
