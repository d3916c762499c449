"""Orders of magnitude of currencies: how many units are about one US dollar (mid 2026, rounded to one or two digits).

Only for minimum budgets and for the priors of forecasts, which are far less exact than any rate. No amount of money is converted.
"""

from decimal import Decimal

_PER_DOLLAR = {
    "AED": "3.7", "ARS": "1400", "AUD": "1.5", "BDT": "120", "BGN": "1.7", "BHD": "0.38", "BOB": "7", "BRL": "5.5", "CAD": "1.4",
    "CHF": "0.8", "CLP": "950", "CNY": "7", "COP": "4000", "CRC": "500", "CZK": "21", "DKK": "6.5", "DOP": "60", "DZD": "130", "EGP": "50",
    "EUR": "0.9", "GBP": "0.75", "GEL": "2.7", "GHS": "11", "GTQ": "7.7", "HKD": "7.8", "HNL": "26", "HUF": "340", "IDR": "16000",
    "ILS": "3.4", "INR": "87", "IQD": "1300", "ISK": "125", "JMD": "160", "JOD": "0.7", "JPY": "150", "KES": "130", "KHR": "4000",
    "KRW": "1400", "KWD": "0.31", "KZT": "520", "LAK": "21000", "LBP": "90000", "LKR": "300", "LYD": "5.4", "MAD": "9", "MMK": "2100",
    "MNT": "3500", "MOP": "8", "MXN": "19", "MYR": "4.2", "NGN": "1500", "NIO": "37", "NOK": "10", "NPR": "140", "NZD": "1.7",
    "OMR": "0.38", "PEN": "3.5", "PHP": "57", "PKR": "280", "PLN": "3.7", "PYG": "7200", "QAR": "3.6", "RON": "4.4", "RSD": "100",
    "RWF": "1450", "SAR": "3.75", "SEK": "9.5", "SGD": "1.3", "THB": "32", "TND": "2.9", "TRY": "41", "TWD": "30", "TZS": "2500",
    "UAH": "41", "UGX": "3500", "USD": "1", "UYU": "40", "UZS": "12500", "VND": "26000", "XAF": "560", "XOF": "560", "ZAR": "17.5",
}  # fmt: skip


def units_per_dollar(currency: str) -> Decimal:
    """About how many units are worth a dollar; 1 for a currency that is not listed, where a platform's own minimum decides at launch."""
    return Decimal(_PER_DOLLAR.get(currency, "1"))
