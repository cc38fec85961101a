// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/savetext.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileDialog>
#include <QMessageBox>
#include <QPointer>
#include <QRegularExpression>
#include <QSaveFile>
#include <QStandardPaths>
#include <QThreadPool>

namespace strata::ui {
namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(SaveText)
};

} // namespace

void saveText(const QString& path, std::function<QString()> make, QObject* context,
              std::function<void(const QString& error)> done)
{
    QThreadPool::globalInstance()->start(
        [path, make = std::move(make), guard = QPointer<QObject>(context), done = std::move(done)] {
            QSaveFile file(path);
            const QByteArray bytes = make().toUtf8();
            QString error;
            if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
                error = file.errorString();
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, done, error] {
                    if (guard)
                        done(error);
                },
                Qt::QueuedConnection);
        });
}

void askToSave(QWidget* parent, const QString& name, std::function<QString()> make)
{
    static const QRegularExpression odd(QStringLiteral("[^A-Za-z0-9._-]+"));
    auto* dialog = new QFileDialog(parent, Words::tr("Save the text"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDirectory(QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation));
    dialog->selectFile(QString(name).replace(odd, QStringLiteral("-")));
    QObject::connect(dialog, &QFileDialog::fileSelected, parent,
                     [parent, make = std::move(make)](const QString& path) {
                         saveText(path, make, parent, [parent, path](const QString& error) {
                             if (error.isEmpty())
                                 return;
                             auto* box = new QMessageBox(QMessageBox::Warning, Words::tr("Save the text"), {},
                                                         QMessageBox::Ok, parent);
                             box->setAttribute(Qt::WA_DeleteOnClose);
                             box->setTextFormat(Qt::PlainText);
                             box->setText(Words::tr("“%1” could not be written: %2").arg(path, error));
                             box->open();
                         });
                     });
    dialog->open();
}

} // namespace strata::ui
