"""The demo's pages."""

from django.apps import apps
from django.shortcuts import redirect, render

from demo.forms import BoundSubscribeForm, SubscribeForm


def index(request):
    return render(request, 'demo/index.html', {'websockets': apps.is_installed('ws4redis')})


def classic_form(request):
    form = SubscribeForm(request.POST or None)
    if form.is_valid():
        return redirect('thanks')
    return render(request, 'demo/classic_form.html', {'form': form})


def thanks(request):
    return render(request, 'demo/thanks.html')


def model_scope(request):
    form = BoundSubscribeForm(scope_prefix='subscribe_data')
    return render(request, 'demo/model_scope.html', {'form': form})


def threeway_databinding(request):
    form = BoundSubscribeForm(scope_prefix='subscribe_data')
    return render(request, 'demo/threeway_databinding.html', {'form': form})
