// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

// The program as an operator runs it.
namespace strata::test {

struct Outcome {
    int code = -1; // -2: it crashed
    QString out;
    QString err;
};

inline Outcome outcomeOf(QProcess& process)
{
    Outcome outcome;
    outcome.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2;
    outcome.out = QString::fromUtf8(process.readAllStandardOutput());
    outcome.err += QString::fromUtf8(process.readAllStandardError());
    return outcome;
}

inline Outcome run(const QStringList& arguments, int timeoutMs = 60000)
{
    QProcess process;
    process.start(QStringLiteral(STRATA_PROGRAM), arguments);
    if (!process.waitForFinished(timeoutMs)) {
        process.kill();
        process.waitForFinished();
        Outcome late = outcomeOf(process);
        late.code = -1;
        late.err += QStringLiteral("timed out");
        return late;
    }
    return outcomeOf(process);
}

// A demo site served by a process of its own.
class Server {
public:
    explicit Server(const QStringList& options = {})
    {
        m_process.start(QStringLiteral(STRATA_PROGRAM), QStringList{QStringLiteral("demo")} + options);
        while (m_process.state() != QProcess::NotRunning && !m_process.canReadLine()) {
            if (!m_process.waitForReadyRead(60000))
                break;
        }
        kubeconfig = QString::fromUtf8(m_process.readLine()).trimmed();
        while (m_process.canReadLine())
            hosts << QString::fromUtf8(m_process.readLine()).trimmed();
    }
    ~Server() { stop(); }

    int stop()
    {
        if (m_process.state() == QProcess::NotRunning)
            return m_process.exitCode();
        m_process.terminate();
        if (!m_process.waitForFinished(20000)) {
            m_process.kill();
            m_process.waitForFinished();
            return -1;
        }
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -2;
    }

    QString kubeconfig;
    QStringList hosts;

private:
    QProcess m_process;
};

} // namespace strata::test
