// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/layername.h"

#include <QCoreApplication>

namespace strata::ui {

QString layerName(stack::Layer layer)
{
    using stack::Layer;
    switch (layer) {
    case Layer::BareMetal:
        return QCoreApplication::translate("LayerName", "Bare metal");
    case Layer::OuterK8s:
        return QCoreApplication::translate("LayerName", "Outer K8s");
    case Layer::Vm:
        return QCoreApplication::translate("LayerName", "KubeVirt VMs");
    case Layer::InnerK8s:
        return QCoreApplication::translate("LayerName", "Nested K8s");
    case Layer::Workload:
        return QCoreApplication::translate("LayerName", "Workload");
    }
    return {};
}

} // namespace strata::ui
