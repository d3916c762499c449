"""Which adapter stands behind which port, one part of the house each; zamc.bootstrap puts them together. Nothing else imports these."""
