resource "azurerm_cognitive_account" "texts" {
  name                = "texts-weu"
  location            = "westeurope"
  resource_group_name = "texts"
  kind                = "OpenAI"
  sku_name            = "S0"
}

resource "azurerm_cognitive_deployment" "main" {
  name                 = "main"
  cognitive_account_id = azurerm_cognitive_account.texts.id
  model {
    format  = "OpenAI"
    name    = "gpt-4o"
    version = "2024-08-06"
  }
  sku { name = "Standard" }
}

resource "azurerm_linux_web_app" "desk" {
  name                = "desk"
  location            = "westeurope"
  resource_group_name = "texts"
  app_settings = {
    ASSIST_ENDPOINT = "https://texts-weu.openai.azure.com/"
  }
}
