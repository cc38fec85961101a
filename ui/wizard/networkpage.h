// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizard/wizardpage.h"

#include <array>

class QCheckBox;
class QLineEdit;
class QRadioButton;
class QSpinBox;

namespace strata::ui {

class PathEdit;
class ThemedLabel;

// How the cluster's API is reached, which addresses are its own, and what carries its pods' traffic.
class NetworkPage : public WizardPage {
    Q_OBJECT

public:
    explicit NetworkPage(WizardModel* model, QWidget* parent = nullptr);
    void load() override;

private:
    void addEndpoint();
    void addAddresses();
    void addCni();
    void showCni();

    QWidget* m_endpointHeading = nullptr;
    FormField* m_endpointField = nullptr;
    std::array<QRadioButton*, 3> m_endpoints{};
    QLineEdit* m_pods = nullptr;
    QLineEdit* m_services = nullptr;
    QLineEdit* m_domain = nullptr;
    QSpinBox* m_mtu = nullptr;
    QSpinBox* m_port = nullptr;
    FormField* m_mtuField = nullptr;
    QComboBox* m_cni = nullptr;
    PathEdit* m_manifest = nullptr;
    FormField* m_manifestField = nullptr;
    QComboBox* m_delivery = nullptr;
    FormField* m_deliveryField = nullptr;
    QCheckBox* m_proxy = nullptr;
    FormField* m_proxyField = nullptr;
};

} // namespace strata::ui
