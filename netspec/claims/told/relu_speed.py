"""How fast a net learns with rectifiers, tanh and sigmoid."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, loss_chart, rows, steps_until
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab

LOSS, FASTER = 0.3, 2.0


@claim(
    "A net with ReLUs learns several times faster than one with saturating units.",
    source="Krizhevsky, Sutskever, Hinton 2012, section 3.1 and figure 1 (six times, against tanh)",
    measured=f"steps of LeNet's wiring on 5,000 digits until the mean loss of twenty is {LOSS:g} (several times: "
    f"{FASTER:g} at least), 6 epochs",
    minutes=1.2,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Both tanh and sigmoid take FASTER times as many steps."""
    pictures = lab.digits(5000, 1000)
    nets = {kind: lab.net("digits", active=kind, classes=pictures.classes) for kind in ("relu", "tanh", "sigmoid")}
    runs = compared(lab, nets, pictures, 6)
    steps = {kind: [steps_until(run.steps, LOSS) for run in of] for kind, of in runs.items()}
    verdict = decided(
        min(slow) >= FASTER * fast for fast, *slow in zip(steps["relu"], steps["tanh"], steps["sigmoid"], strict=True)
    )
    return Finding(
        verdict,
        ", ".join(f"{kind} takes {spread(of, 'g')} steps" for kind, of in steps.items())
        + f" (of {len(runs['relu'][0].steps)}: a net with that many never came so far).",
        (*HEAD, f"steps to {LOSS:g}"),
        [(*row, spread(steps[row[0]], "g")) for row in rows(runs)],
        [loss_chart(runs, "ReLU, tanh, sigmoid")],
    )
