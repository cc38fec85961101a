// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/savetext.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QFileDialog>
#include <QFileInfo>
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

using Saver = std::function<void(const QString& path, const std::function<void(const QString&)>& done)>;

void writeAside(const QString& path, std::function<QByteArray()> make, QObject* context,
                std::function<void(const QString& error)> done)
{
    QThreadPool::globalInstance()->start(
        [path, make = std::move(make), guard = QPointer<QObject>(context), done = std::move(done)] {
            QSaveFile file(path);
            const QByteArray bytes = make();
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

void askPath(QWidget* parent, const QString& title, const QString& name,
             QStandardPaths::StandardLocation where, const std::function<void(const QString& path)>& chosen)
{
    static const QRegularExpression odd(QStringLiteral("[^A-Za-z0-9._-]+"));
    auto* dialog = new QFileDialog(parent, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDirectory(QStandardPaths::writableLocation(where));
    dialog->setDefaultSuffix(QFileInfo(name).suffix());
    dialog->selectFile(QString(name).replace(odd, QStringLiteral("-")));
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, chosen);
    dialog->open();
}

void ask(QWidget* parent, const QString& title, const QString& name, QStandardPaths::StandardLocation where,
         const Saver& save)
{
    askPath(parent, title, name, where, [parent, title, save](const QString& path) {
        save(path, [parent, title, path](const QString& error) {
            if (error.isEmpty())
                return;
            auto* box = new QMessageBox(QMessageBox::Warning, title, {}, QMessageBox::Ok, parent);
            box->setAttribute(Qt::WA_DeleteOnClose);
            box->setTextFormat(Qt::PlainText);
            box->setText(Words::tr("“%1” could not be written: %2").arg(path, error));
            box->open();
        });
    });
}

} // namespace

void askWhere(QWidget* parent, const QString& title, const QString& name,
              std::function<void(const QString& path)> chosen)
{
    askPath(parent, title, name, QStandardPaths::DocumentsLocation, chosen);
}

void saveText(const QString& path, std::function<QString()> make, QObject* context,
              std::function<void(const QString& error)> done)
{
    writeAside(
        path, [make = std::move(make)] { return make().toUtf8(); }, context, std::move(done));
}

void saveImage(const QString& path, const QImage& image, QObject* context,
               std::function<void(const QString& error)> done)
{
    const auto make = [image] {
        QByteArray bytes;
        QBuffer buffer(&bytes);
        image.save(&buffer, "PNG");
        return bytes;
    };
    writeAside(path, make, context, std::move(done));
}

void askToSave(QWidget* parent, const QString& name, std::function<QString()> make)
{
    ask(parent, Words::tr("Save the text"), name, QStandardPaths::DocumentsLocation,
        [parent, make = std::move(make)](const QString& path,
                                         const std::function<void(const QString&)>& done) {
            saveText(path, make, parent, done);
        });
}

void askToSaveImage(QWidget* parent, const QString& name, const QImage& image)
{
    ask(parent, Words::tr("Save a picture"), name, QStandardPaths::PicturesLocation,
        [parent, image](const QString& path, const std::function<void(const QString&)>& done) {
            saveImage(path, image, parent, done);
        });
}

} // namespace strata::ui
